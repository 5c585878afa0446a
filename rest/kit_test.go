package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/rest"
	"github.com/ollystack/control-plane/storage/mem"
	"github.com/ollystack/control-plane/validate"
)

// world is a whole control plane but for OpAMP: a real listener over a real
// Manager, store and checker. Every request and answer is held against openapi.yaml.
type world struct {
	t      testing.TB
	fleet  *fleet.Manager
	server *httptest.Server
	client *http.Client
	access *rest.Access
	log    *lockedBuffer
	token  string // sent with every request, if set
	done   chan struct{}
	// wantErrors is set by a test that makes the server log errors.
	wantErrors bool
}

// setup is what a test may change before the world is made.
type setup struct {
	access rest.AccessOptions
	rest   rest.Options
	fleet  fleet.Options
	tls    bool
}

func newWorld(t testing.TB, change ...func(*setup)) *world {
	t.Helper()
	w := &world{t: t, log: &lockedBuffer{}, done: make(chan struct{})}
	registry := prometheus.NewPedanticRegistry()
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s := setup{
		access: rest.AccessOptions{Mode: rest.AuthNone},
		rest: rest.Options{
			Dashboard: http.HandlerFunc(testPage),
			Logger:    logger, Registerer: registry, Gatherer: registry, Backup: noBackup, PackagesDir: t.TempDir(), Version: "1.2.3", Done: w.done,
			Checks: []rest.NamedCheck{check("storage", fleet.CheckOK), check("redis", fleet.CheckDisabled)},
		},
		fleet: fleet.Options{Store: mem.New(), Checker: validate.New(), Logger: logger, MaxAgents: 3},
	}
	for _, fn := range change {
		fn(&s)
	}
	var err error
	if w.fleet, err = fleet.Open(t.Context(), s.fleet); err != nil {
		t.Fatalf("fleet.Open() = %v", err)
	}
	s.access.Fleet, s.rest.Fleet = w.fleet, w.fleet
	if w.access, err = rest.NewAccess(s.access); err != nil {
		t.Fatalf("NewAccess() = %v", err)
	}
	s.rest.Access = w.access
	handler, err := rest.New(s.rest)
	if err != nil {
		t.Fatalf("New() = %v", err)
	}
	if s.tls {
		w.server = httptest.NewTLSServer(handler)
	} else {
		w.server = httptest.NewServer(handler)
	}
	w.client = &http.Client{
		Transport:     newContract(t, w.server.Client().Transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(func() {
		select {
		case <-w.done:
		default:
			close(w.done)
		}
		w.server.Close()
		if err := w.fleet.Close(context.Background()); err != nil {
			t.Errorf("Manager.Close() = %v", err)
		}
		if logged := w.log.String(); !w.wantErrors && logged != "" {
			t.Errorf("warnings or errors were logged:\n%s", logged)
		}
	})
	return w
}

// testPage is a dashboard of one page, at every address of its own.
func testPage(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, ".") || strings.HasPrefix(r.URL.Path, "/assets/") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader("<title>The dashboard</title>"))
}

// withTokens makes the world one in token mode.
func withTokens(s *setup) { s.access.Mode = rest.AuthToken }

func check(name string, status fleet.CheckStatus) rest.NamedCheck {
	return rest.NamedCheck{Name: name, Run: func(context.Context) fleet.Check { return fleet.Check{Status: status} }}
}

// newToken makes a token by the fleet itself, as the first start does.
func (w *world) newToken(role fleet.Role) string {
	w.t.Helper()
	_, text, err := w.fleet.CreateToken(w.t.Context(), "test-"+string(role), role)
	if err != nil {
		w.t.Fatalf("CreateToken(%q) = %v", role, err)
	}
	return text
}

// option changes a request before it is sent.
type option func(*http.Request)

func header(name, value string) option {
	return func(r *http.Request) { r.Header.Add(name, value) }
}

func ofType(contentType string) option {
	return func(r *http.Request) { r.Header.Set("Content-Type", contentType) }
}

func host(name string) option {
	return func(r *http.Request) { r.Host = name }
}

// answer is a response, read.
type answer struct {
	t      testing.TB
	call   string
	status int
	header http.Header
	body   []byte
}

// do sends a request. A body that is not nil is sent as JSON; []byte and string as they are.
func (w *world) do(method, path string, body any, options ...option) answer {
	w.t.Helper()
	resp, err := w.client.Do(w.request(method, path, body, options...))
	if err != nil {
		w.t.Fatalf("%s %s = %v", method, path, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatalf("%s %s: reading the answer: %v", method, path, err)
	}
	return answer{t: w.t, call: method + " " + path, status: resp.StatusCode, header: resp.Header, body: raw}
}

func (w *world) request(method, path string, body any, options ...option) *http.Request {
	w.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		in = bytes.NewReader(b)
	case string:
		in = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			w.t.Fatalf("json.Marshal(%v) = %v", b, err)
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, in)
	if err != nil {
		w.t.Fatalf("NewRequest(%s %s) = %v", method, path, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	for _, o := range options {
		o(req)
	}
	return req
}

// want checks the status and returns the body as a document.
func (a answer) want(status int) document {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s = %d %s, want %d", a.call, a.status, a.body, status)
	}
	if len(a.body) == 0 || !strings.Contains(a.header.Get("Content-Type"), "json") {
		return document{t: a.t, call: a.call}
	}
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("%s = %s, which is no JSON object: %v", a.call, a.body, err)
	}
	return document{t: a.t, call: a.call, value: v}
}

// problem checks the status of an error and that its detail mentions each of the words.
func (a answer) problem(status int, words ...string) document {
	a.t.Helper()
	d := a.want(status)
	for _, word := range words {
		if detail, _ := d.value["detail"].(string); !strings.Contains(detail, word) {
			a.t.Errorf("%s = %d %q, want a detail that says %q", a.call, status, detail, word)
		}
	}
	return d
}

func (a answer) etag() string { return a.header.Get("ETag") }

// document is a JSON object of an answer.
type document struct {
	t     testing.TB
	call  string
	value map[string]any
}

// at returns what is at a path of keys joined by dots, or nil.
func (d document) at(path string) any {
	var v any = d.value
	for key := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// with returns the object with one more member.
func (d document) with(key string, value any) map[string]any {
	out := maps.Clone(d.value)
	out[key] = value
	return out
}

func (d document) text(path string) string {
	d.t.Helper()
	s, ok := d.at(path).(string)
	if !ok {
		d.t.Fatalf("%s: %s = %v, want a string", d.call, path, d.at(path))
	}
	return s
}

// is checks one value; numbers are given as int.
func (d document) is(path string, want any) {
	d.t.Helper()
	if got := d.at(path); fmt.Sprint(got) != fmt.Sprint(want) {
		d.t.Errorf("%s: %s = %v, want %v", d.call, path, got, want)
	}
}

// list returns the objects of a list.
func (d document) list(path string) []document {
	d.t.Helper()
	raw, ok := d.at(path).([]any)
	if !ok {
		d.t.Fatalf("%s: %s = %v, want a list", d.call, path, d.at(path))
	}
	out := make([]document, len(raw))
	for i, v := range raw {
		m, _ := v.(map[string]any)
		out[i] = document{t: d.t, call: fmt.Sprintf("%s %s[%d]", d.call, path, i), value: m}
	}
	return out
}

// texts returns one field of each object in a list.
func (d document) texts(path, field string) []string {
	d.t.Helper()
	var out []string
	for _, item := range d.list(path) {
		out = append(out, item.text(field))
	}
	return out
}

// find returns the object of a list whose field has the value.
func (d document) find(path, field, value string) document {
	d.t.Helper()
	for _, item := range d.list(path) {
		if item.at(field) == value {
			return item
		}
	}
	d.t.Fatalf("%s: %s = %v, want one whose %s is %q", d.call, path, d.at(path), field, value)
	return document{}
}

// fakeLink is a connection of an agent, for the fleet to hold.
type fakeLink struct{}

func (*fakeLink) Transport() fleet.Transport { return fleet.WebSocket }
func (*fakeLink) Shared() bool               { return false }
func (*fakeLink) Wake(fleet.InstanceUID)     {}
func (*fakeLink) Probe(settled func(bool))   { go settled(true) }

const collectorCapabilities = fleet.ReportsStatus | fleet.AcceptsRemoteConfig | fleet.ReportsEffectiveConfig |
	fleet.ReportsHealth | fleet.ReportsRemoteConfig | fleet.AcceptsRestartCommand

// simulated is an agent that reports straight to the fleet.
type simulated struct {
	w    *world
	uid  fleet.InstanceUID
	link *fakeLink
	seq  uint64
	last *fleet.RemoteConfig
}

func uidOf(n int) fleet.InstanceUID {
	return fleet.InstanceUID{0: 0x01, 1: 0x95, 6: 0x70, 8: 0x80, 14: byte(n >> 8), 15: byte(n)}
}

// connect makes an agent that is called host-n and reports everything.
func (w *world) connect(n int, change ...func(*fleet.Report)) *simulated {
	w.t.Helper()
	s := &simulated{w: w, uid: uidOf(n), link: &fakeLink{}}
	report := &fleet.Report{
		RemoteAddress: "10.0.3.17:41522",
		Capabilities:  collectorCapabilities,
		Description: &fleet.Description{
			Identifying: fleet.NewAttributes([]fleet.Attribute{
				{Key: "service.name", Value: "otelcol-contrib"},
				{Key: "service.version", Value: "0.149.0"},
				{Key: "service.instance.id", Value: fmt.Sprintf("instance-%d", n)},
			}),
			NonIdentifying: fleet.NewAttributes([]fleet.Attribute{{Key: "host.name", Value: fmt.Sprintf("host-%d", n)}}),
		},
		Health: &fleet.Health{
			Healthy: true, Status: "StatusOK", StatusAt: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
			Components: map[string]fleet.Health{"pipeline:traces": {Healthy: true}},
		},
		EffectiveConfig:    fleet.ConfigMap{"": {Body: []byte("receivers: {}\n"), ContentType: "text/yaml"}},
		RemoteConfigStatus: &fleet.RemoteConfigStatus{},
		ComponentsHash:     "\x01",
		Components:         fleet.Components{"receivers": {"otlp"}, "exporters": {"debug"}},
	}
	for _, fn := range change {
		fn(report)
	}
	s.say(report)
	return s
}

var seed = maphash.MakeSeed()

func (s *simulated) say(r *fleet.Report) {
	s.w.t.Helper()
	r.UID, r.SequenceNum = s.uid, s.seq
	r.Digest = maphash.String(seed, fmt.Sprintf("%v %d", s.uid, s.seq))
	s.seq++
	if r.RemoteAddress == "" {
		r.RemoteAddress = "10.0.3.17:41522"
	}
	reply, err := s.w.fleet.Receive(context.Background(), s.link, r)
	if err != nil {
		s.w.t.Fatalf("Receive(%v) = %v", s.uid, err)
	}
	s.take(reply)
}

func (s *simulated) take(r fleet.Reply) {
	if r.RemoteConfig != nil {
		s.last = r.RemoteConfig
	}
}

// poll takes what is due for the agent.
func (s *simulated) poll() {
	for range 10 {
		reply, more := s.w.fleet.Due(s.link, s.uid)
		if !more {
			return
		}
		s.take(reply)
	}
}

// apply reports the last offer in the given state.
func (s *simulated) apply(state fleet.RemoteConfigState, problem string) {
	s.w.t.Helper()
	s.poll()
	if s.last == nil {
		s.w.t.Fatalf("agent %v was offered nothing", s.uid)
	}
	s.say(&fleet.Report{RemoteConfigStatus: &fleet.RemoteConfigStatus{LastHash: s.last.Hash, State: state, Error: problem}})
}

func (s *simulated) leave() { s.w.fleet.Disconnected(s.link, s.uid) }

func (s *simulated) path(rest string) string { return "/api/v1/agents/" + s.uid.String() + rest }

// goodConfig is a small configuration that the checker passes; n tells several apart.
func goodConfig(n int) string {
	return fmt.Sprintf(`receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:%d
exporters:
  debug:
service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [debug]
`, 4000+n)
}

// create stores a configuration and returns it.
func (w *world) create(fields map[string]any) document {
	w.t.Helper()
	if fields["config"] == nil {
		fields["config"] = goodConfig(1)
	}
	return w.do("POST", "/api/v1/configs", fields).want(http.StatusCreated)
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// eventually polls until what holds, or fails.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("after 10 s still not: %s", what)
		case <-tick.C:
		}
	}
}
