package opampsrv

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// patience is how long a test waits for what is to happen.
const patience = 10 * time.Second

// scripted is a fleet that does as a test says, and notes what it is told.
type scripted struct {
	receive func(link fleet.Link, r *fleet.Report) (fleet.Reply, error) // nil: acknowledges
	due     func(link fleet.Link, uid fleet.InstanceUID) (fleet.Reply, bool)

	mu      sync.Mutex
	reports []*fleet.Report
	links   []fleet.Link
	gone    []fleet.InstanceUID
}

func (f *scripted) Receive(_ context.Context, link fleet.Link, r *fleet.Report) (fleet.Reply, error) {
	f.mu.Lock()
	f.reports = append(f.reports, r)
	f.links = append(f.links, link)
	f.mu.Unlock()
	if f.receive != nil {
		return f.receive(link, r)
	}
	return fleet.Reply{UID: r.UID}, nil
}

func (f *scripted) Due(link fleet.Link, uid fleet.InstanceUID) (fleet.Reply, bool) {
	if f.due != nil {
		return f.due(link, uid)
	}
	return fleet.Reply{}, false
}

func (f *scripted) Disconnected(_ fleet.Link, uids ...fleet.InstanceUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = append(f.gone, uids...)
}

func (f *scripted) last(t testing.TB) *fleet.Report {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.reports) == 0 {
		t.Fatal("the fleet has received nothing")
	}
	return f.reports[len(f.reports)-1]
}

func (f *scripted) lastLink(t testing.TB) fleet.Link {
	t.Helper()
	f.last(t)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.links[len(f.links)-1]
}

func (f *scripted) received() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.reports)
}

func (f *scripted) left() []fleet.InstanceUID {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]fleet.InstanceUID(nil), f.gone...)
}

// lockedBuffer is a log that many write and a test reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// served is a Server behind a real listener.
type served struct {
	*Server
	t        testing.TB
	registry *prometheus.Registry
	log      *lockedBuffer
	http     string // URL
	ws       string // URL
	host     string
}

// serve starts a server with o's fleet and limits.
func serve(t testing.TB, o Options) *served {
	t.Helper()
	v := &served{t: t, registry: prometheus.NewRegistry(), log: &lockedBuffer{}}
	o.Registerer = v.registry
	o.Logger = slog.New(slog.NewTextHandler(v.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if v.Server, err = New(o); err != nil {
		t.Fatalf("New() = %v", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/opamp", v.Server)
	h := httptest.NewServer(mux)
	v.host = strings.TrimPrefix(h.URL, "http://")
	v.http, v.ws = h.URL+"/v1/opamp", "ws://"+v.host+"/v1/opamp"
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err := v.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown() = %v", err)
		}
		h.Close()
		if t.Failed() {
			t.Logf("log:\n%s", v.log)
		}
	})
	return v
}

// serveFleet starts a server over a real fleet in memory.
func serveFleet(t testing.TB, o Options, change ...func(*fleet.Options)) (*served, *fleet.Manager) {
	t.Helper()
	return serveStore(t, mem.New(), o, change...)
}

type anyConfig struct{}

func (anyConfig) Check([]byte) []fleet.Finding { return nil }

func serveStore(t testing.TB, store fleet.Store, o Options, change ...func(*fleet.Options)) (*served, *fleet.Manager) {
	t.Helper()
	fo := fleet.Options{Store: store, Checker: anyConfig{}, Logger: slog.New(slog.DiscardHandler)}
	for _, fn := range change {
		fn(&fo)
	}
	m, err := fleet.Open(t.Context(), fo)
	if err != nil {
		t.Fatalf("fleet.Open() = %v", err)
	}
	t.Cleanup(func() {
		if err := m.Close(context.Background()); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	o.Fleet = m
	return serve(t, o), m
}

// metric reads one sample; labels are "name=value".
func (v *served) metric(name string, labels ...string) float64 {
	v.t.Helper()
	families, err := v.registry.Gather()
	if err != nil {
		v.t.Fatalf("Gather() = %v", err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			var have []string
			for _, l := range m.GetLabel() {
				have = append(have, l.GetName()+"="+l.GetValue())
			}
			if strings.Join(have, ",") == strings.Join(labels, ",") {
				switch {
				case m.GetCounter() != nil:
					return m.GetCounter().GetValue()
				case m.GetGauge() != nil:
					return m.GetGauge().GetValue()
				case m.GetHistogram() != nil:
					return float64(m.GetHistogram().GetSampleCount())
				}
			}
		}
	}
	v.t.Fatalf("no metric %s%v", name, labels)
	return 0
}

// eventually waits until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	end := time.Now().Add(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(end) {
			t.Fatalf("never came true: %s", what)
		}
		<-tick.C
	}
}

// peer is a WebSocket that a test holds the other end of. It reads all the
// time, as an agent does, so that pings are answered.
type peer struct {
	t      testing.TB
	ws     *websocket.Conn
	frames chan frame
}

type frame struct {
	kind int
	data []byte
	err  error
}

func newPeer(t testing.TB, ws *websocket.Conn) *peer {
	p := &peer{t: t, ws: ws, frames: make(chan frame, 1024)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			kind, b, err := ws.ReadMessage()
			p.frames <- frame{kind, b, err}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = ws.Close()
		<-done
	})
	return p
}

func (v *served) dial() *peer {
	v.t.Helper()
	return v.dialWith(&websocket.Dialer{HandshakeTimeout: patience})
}

func (v *served) dialWith(d *websocket.Dialer) *peer {
	v.t.Helper()
	ws, _, err := d.Dial(v.ws, nil)
	if err != nil {
		v.t.Fatalf("Dial(%s) = %v", v.ws, err)
	}
	return newPeer(v.t, ws)
}

func (p *peer) sendRaw(kind int, b []byte) {
	p.t.Helper()
	if err := p.ws.WriteMessage(kind, b); err != nil {
		p.t.Fatalf("WriteMessage() = %v", err)
	}
}

func (p *peer) send(m *protobufs.AgentToServer) {
	p.t.Helper()
	p.sendRaw(websocket.BinaryMessage, append([]byte{0}, encoded(p.t, m)...))
}

// recv reads the next message.
func (p *peer) recv() *protobufs.ServerToAgent {
	p.t.Helper()
	m, err := p.next()
	if err != nil {
		p.t.Fatalf("ReadMessage() = %v", err)
	}
	return m
}

func (p *peer) next() (*protobufs.ServerToAgent, error) {
	p.t.Helper()
	var f frame
	select {
	case f = <-p.frames:
	case <-time.After(patience):
		p.t.Fatal("no message came")
	}
	if f.err != nil {
		return nil, f.err
	}
	kind, b := f.kind, f.data
	if kind != websocket.BinaryMessage || len(b) == 0 || b[0] != 0 {
		p.t.Fatalf("message of kind %d begins %.1x, want a binary one with header 0", kind, b)
	}
	m := &protobufs.ServerToAgent{}
	if err := proto.Unmarshal(b[1:], m); err != nil {
		p.t.Fatalf("Unmarshal() = %v", err)
	}
	return m, nil
}

// ask sends m and reads the answer.
func (p *peer) ask(m *protobufs.AgentToServer) *protobufs.ServerToAgent {
	p.t.Helper()
	p.send(m)
	return p.recv()
}

// closed reads on until the connection ends, and returns the Close frame's code; 0 where there was none.
func (p *peer) closed() int {
	p.t.Helper()
	for {
		_, err := p.next()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			return closed.Code
		}
		if err != nil {
			return 0
		}
	}
}

// silent checks that nothing comes but the answer to a heartbeat that is sent now.
func (p *peer) silent(m *protobufs.AgentToServer) {
	p.t.Helper()
	if got := p.ask(m); !bytes.Equal(got.GetInstanceUid(), m.GetInstanceUid()) || got.GetRemoteConfig() != nil || got.GetFlags() != 0 {
		p.t.Fatalf("answer = %v, want a bare acknowledgement", got)
	}
}

func encoded(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatalf("Marshal() = %v", err)
	}
	return b
}

// answered is what came of a POST.
type answered struct {
	status int
	header http.Header
	body   []byte
	msg    *protobufs.ServerToAgent // nil if the body is none
}

// post sends b as the body of a request; headers are "Name: value" and win over what is usual.
func (v *served) post(b []byte, headers ...string) answered {
	v.t.Helper()
	return v.request(http.MethodPost, bytes.NewReader(b), headers...)
}

func (v *served) request(method string, body io.Reader, headers ...string) answered {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.http, body)
	if err != nil {
		v.t.Fatalf("NewRequest() = %v", err)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Accept-Encoding", "identity")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatalf("%s = %v", method, err)
	}
	defer res.Body.Close()
	a := answered{status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		v.t.Fatalf("read answer: %v", err)
	}
	raw := a.body
	if res.Header.Get("Content-Encoding") == "gzip" {
		raw = gunzipped(v.t, raw)
	}
	if res.Header.Get("Content-Type") == "application/x-protobuf" {
		a.msg = &protobufs.ServerToAgent{}
		if err := proto.Unmarshal(raw, a.msg); err != nil {
			v.t.Fatalf("Unmarshal(answer) = %v", err)
		}
	}
	return a
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gunzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("answer is not gzip: %v", err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("answer is not gzip: %v", err)
	}
	return out
}

// uid makes the n-th instance UID.
func uid(n int) fleet.InstanceUID {
	return fleet.InstanceUID{0: 0x01, 1: 0x95, 6: 0x70, 8: 0x80, 14: byte(n >> 8), 15: byte(n)}
}

const collectorCapabilities = fleet.ReportsStatus | fleet.AcceptsRemoteConfig | fleet.ReportsEffectiveConfig |
	fleet.ReportsHealth | fleet.ReportsRemoteConfig | fleet.ReportsHeartbeat | fleet.AcceptsRestartCommand

// heartbeat is a message that says nothing but who and which.
func heartbeat(u fleet.InstanceUID, seq uint64) *protobufs.AgentToServer {
	return &protobufs.AgentToServer{InstanceUid: u[:], SequenceNum: seq, Capabilities: uint64(collectorCapabilities)}
}

// fullState is a message with everything that a collector says of itself.
func fullState(u fleet.InstanceUID, seq uint64, service string) *protobufs.AgentToServer {
	m := heartbeat(u, seq)
	m.AgentDescription = &protobufs.AgentDescription{
		IdentifyingAttributes: []*protobufs.KeyValue{text("service.name", service), text("service.instance.id", u.String())},
	}
	m.Health = &protobufs.ComponentHealth{Healthy: true, Status: "StatusOK"}
	m.EffectiveConfig = effective("receivers: {}\n")
	m.RemoteConfigStatus = &protobufs.RemoteConfigStatus{}
	return m
}

func effective(body string) *protobufs.EffectiveConfig {
	return &protobufs.EffectiveConfig{ConfigMap: &protobufs.AgentConfigMap{
		ConfigMap: map[string]*protobufs.AgentConfigFile{"": {Body: []byte(body), ContentType: "text/yaml"}},
	}}
}

func text(key, value string) *protobufs.KeyValue {
	return &protobufs.KeyValue{Key: key, Value: &protobufs.AnyValue{Value: &protobufs.AnyValue_StringValue{StringValue: value}}}
}

// bareError checks that m is an error response of the given type and nothing else but the UID echoed.
func bareError(t testing.TB, m *protobufs.ServerToAgent, want protobufs.ServerErrorResponseType, echo []byte) {
	t.Helper()
	if m == nil {
		t.Fatal("answer = no message, want an error response")
	}
	e := m.GetErrorResponse()
	if e == nil || e.GetType() != want || e.GetErrorMessage() == "" {
		t.Fatalf("error_response = %v, want type %v and a message", e, want)
	}
	rest := proto.Clone(m).(*protobufs.ServerToAgent)
	rest.ErrorResponse, rest.InstanceUid = nil, nil
	if proto.Size(rest) != 0 {
		t.Errorf("beside error_response there is %v, want nothing", rest)
	}
	if !bytes.Equal(m.GetInstanceUid(), echo) {
		t.Errorf("instance_uid = %x, want %x", m.GetInstanceUid(), echo)
	}
}

const badRequestType = protobufs.ServerErrorResponseType_ServerErrorResponseType_BadRequest
