package fleet_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// anything accepts every body but "bad".
type anything struct{}

func (anything) Check(body []byte) []fleet.Finding {
	if string(body) == "bad" {
		return []fleet.Finding{{Severity: fleet.SeverityError, Code: "bad", Message: "it is bad", Line: 1, Column: 1}}
	}
	return nil
}

// fakeLink is a connection that notes what it is told.
type fakeLink struct {
	transport fleet.Transport
	shared    bool

	mu     sync.Mutex
	woken  []fleet.InstanceUID
	probes []func(bool)
}

func (l *fakeLink) Transport() fleet.Transport { return l.transport }
func (l *fakeLink) Shared() bool               { return l.shared }

func (l *fakeLink) Wake(uid fleet.InstanceUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.woken = append(l.woken, uid)
}

func (l *fakeLink) Probe(settled func(bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.probes = append(l.probes, settled)
}

func websocket() *fakeLink { return &fakeLink{transport: fleet.WebSocket} }
func gateway() *fakeLink   { return &fakeLink{transport: fleet.WebSocket, shared: true} }
func plainHTTP() *fakeLink { return &fakeLink{transport: fleet.HTTP, shared: true} }

type world struct {
	*fleet.Manager
	t      testing.TB
	clock  *clock
	store  *mem.Store
	o      fleet.Options
	change []func(*fleet.Options)
	log    bytes.Buffer
}

// clock is the time of a test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	if err := w.Pass(context.Background(), d, w.clock.step); err != nil {
		w.t.Errorf("Pass() = %v", err)
	}
}

func newWorld(t testing.TB, change ...func(*fleet.Options)) *world {
	return openWorld(t, &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, mem.New(), change...)
}

func openWorld(t testing.TB, at *clock, store *mem.Store, change ...func(*fleet.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: at, store: store, change: change}
	w.o = fleet.Options{
		Store: store, Checker: anything{}, MaxAgents: 3,
		Logger: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelError})),
	}
	for _, fn := range change {
		fn(&w.o)
	}
	w.o.Now = w.clock.now
	m, err := fleet.OpenStill(t.Context(), w.o)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	w.Manager = m
	t.Cleanup(func() {
		if err := m.Close(context.Background()); err != nil {
			t.Errorf("Close() = %v", err)
		}
		if w.log.Len() > 0 {
			t.Errorf("errors were logged:\n%s", w.log.String())
		}
	})
	return w
}

// restart stops the manager cleanly and opens another over the same store.
func (w *world) restart() *world {
	w.t.Helper()
	if err := w.Close(context.Background()); err != nil {
		w.t.Fatalf("Close() = %v", err)
	}
	return openWorld(w.t, w.clock, w.store, w.change...)
}

// crash opens another manager over what is stored now, as after kill -9.
func (w *world) crash() *world {
	w.t.Helper()
	return openWorld(w.t, w.clock, w.store.Reopen(), w.change...)
}

const collectorCapabilities = fleet.ReportsStatus | fleet.AcceptsRemoteConfig | fleet.ReportsEffectiveConfig |
	fleet.ReportsHealth | fleet.ReportsRemoteConfig | fleet.ReportsHeartbeat | fleet.AcceptsRestartCommand

// agent is a simulated agent: what it has to say, and how it is connected.
type agent struct {
	w            *world
	uid          fleet.InstanceUID
	link         *fakeLink
	seq          uint64
	caps         fleet.Capabilities
	attributes   map[string]string
	address      string
	status       *fleet.RemoteConfigStatus
	offered      []fleet.ConfigHash
	fullAsked    int
	renamed      []fleet.InstanceUID
	started      bool
	effective    string
	restartAsked int
}

func uidOf(n int) fleet.InstanceUID {
	return fleet.InstanceUID{0: 0x01, 1: 0x95, 6: 0x70, 8: 0x80, 14: byte(n >> 8), 15: byte(n)}
}

func (w *world) agent(n int, link *fakeLink) *agent {
	return &agent{
		w: w, uid: uidOf(n), link: link, caps: collectorCapabilities, address: fmt.Sprintf("127.0.0.1:%d", 10000+n),
		attributes: map[string]string{"service.name": "otelcol", "host.name": fmt.Sprintf("host-%d", n), "env": "production"},
		status:     &fleet.RemoteConfigStatus{}, effective: "receivers: {}\n",
	}
}

func (a *agent) full() *fleet.Report {
	var list []fleet.Attribute
	for k, v := range a.attributes {
		list = append(list, fleet.Attribute{Key: k, Value: v})
	}
	status := *a.status
	return &fleet.Report{
		Capabilities:       a.caps,
		Description:        &fleet.Description{Identifying: fleet.NewAttributes(list)},
		Health:             &fleet.Health{Healthy: true, Components: map[string]fleet.Health{"pipeline:traces": {Healthy: true}}},
		EffectiveConfig:    fleet.ConfigMap{"": {Body: []byte(a.effective), ContentType: "text/yaml"}},
		RemoteConfigStatus: &status,
	}
}

// say sends a report as the agent's next message and takes in the answer.
func (a *agent) say(r *fleet.Report) fleet.Reply {
	a.w.t.Helper()
	r.SequenceNum = a.seq
	a.seq++
	return a.send(r)
}

var digestSeed = maphash.MakeSeed()

func (a *agent) send(r *fleet.Report) fleet.Reply {
	a.w.t.Helper()
	r.UID, r.RemoteAddress = a.uid, a.address
	r.Digest = maphash.String(digestSeed, fmt.Sprintf("%d %v %v %v", r.SequenceNum, r.Description, r.Health, r.RemoteConfigStatus))
	reply, err := a.w.Receive(context.Background(), a.link, r)
	if err != nil {
		a.w.t.Fatalf("Receive() = %v", err)
	}
	a.take(reply)
	return reply
}

func (a *agent) start() fleet.Reply {
	a.w.t.Helper()
	a.seq, a.started = 0, true
	return a.say(a.full())
}

func (a *agent) heartbeat() fleet.Reply {
	a.w.t.Helper()
	return a.say(&fleet.Report{Capabilities: a.caps})
}

func (a *agent) report(hash fleet.ConfigHash, state fleet.RemoteConfigState, problem string) fleet.Reply {
	a.w.t.Helper()
	a.status = &fleet.RemoteConfigStatus{LastHash: hash, State: state, Error: problem}
	status := *a.status
	return a.say(&fleet.Report{Capabilities: a.caps, RemoteConfigStatus: &status})
}

// push takes what the server has to say of its own accord.
func (a *agent) push() []fleet.Reply {
	var replies []fleet.Reply
	for range 20 {
		reply, more := a.w.Due(a.link, a.uid)
		if !more {
			return replies
		}
		a.take(reply)
		replies = append(replies, reply)
	}
	a.w.t.Errorf("Due() has more to say 20 times in a row")
	return replies
}

func (a *agent) take(r fleet.Reply) {
	if r.RemoteConfig != nil {
		a.offered = append(a.offered, r.RemoteConfig.Hash)
	}
	if r.ReportFullState {
		a.fullAsked++
	}
	if !r.NewUID.IsZero() {
		a.renamed = append(a.renamed, r.NewUID)
	}
	if r.Restart {
		a.restartAsked++
	}
}

func (a *agent) view() fleet.AgentView {
	a.w.t.Helper()
	v, err := a.w.Agent(context.Background(), a.uid.String())
	if err != nil {
		a.w.t.Fatalf("Agent(%v) = %v", a.uid, err)
	}
	return v
}

func (a *agent) wantState(state fleet.DeliveryState) {
	a.w.t.Helper()
	if got := a.view().Config.State; got != state {
		a.w.t.Errorf("Agent(%v).Config.State = %q, want %q", a.uid, got, state)
	}
}

func (a *agent) wantOffers(want ...fleet.ConfigHash) {
	a.w.t.Helper()
	if fmt.Sprint(a.offered) != fmt.Sprint(want) {
		a.w.t.Errorf("offers to %v = %v, want %v", a.uid, a.offered, want)
	}
}

func (w *world) config(name, body string, change ...func(*fleet.ConfigSpec)) fleet.ConfigView {
	w.t.Helper()
	spec := fleet.ConfigSpec{Name: name, Body: []byte(body)}
	for _, fn := range change {
		fn(&spec)
	}
	v, err := w.CreateConfig(context.Background(), spec, fleet.WriteOptions{})
	if err != nil {
		w.t.Fatalf("CreateConfig(%q) = %v", name, err)
	}
	return v
}

func selecting(selector string, priority int) func(*fleet.ConfigSpec) {
	return func(s *fleet.ConfigSpec) { s.Selector, s.Priority = selector, priority }
}

func (w *world) assign(a *agent, config string) {
	w.t.Helper()
	if _, err := w.Assign(context.Background(), a.uid.String(), config, 0, fleet.WriteOptions{}); err != nil {
		w.t.Fatalf("Assign(%v, %q) = %v", a.uid, config, err)
	}
}

// saved waits until what was reported is stored.
func (w *world) saved() { w.pass(3 * time.Second) }
