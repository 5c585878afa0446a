package rest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ollystack/control-plane/fleet"
)

// stream is one client that follows the events.
type stream struct {
	t      testing.TB
	resp   *http.Response
	lines  *bufio.Reader
	cancel context.CancelFunc
	opened string // the id that it began with
}

// sse is one event as it was received.
type sse struct {
	id, event string
	data      document
}

func (w *world) follow(query string, options ...option) *stream {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	req := w.request("GET", "/api/v1/events"+query, nil, options...).WithContext(ctx)
	resp, err := w.client.Do(req)
	if err != nil {
		cancel()
		w.t.Fatalf("GET /events%s = %v", query, err)
	}
	s := &stream{t: w.t, resp: resp, lines: bufio.NewReader(resp.Body), cancel: cancel}
	w.t.Cleanup(s.close)
	if resp.StatusCode != http.StatusOK {
		w.t.Fatalf("GET /events%s = %d, want 200", query, resp.StatusCode)
	}
	s.is("retry: 2000\n")
	line := s.line()
	if id, ok := strings.CutPrefix(line, "id: "); ok {
		s.opened = strings.TrimSuffix(id, "\n")
		line = s.line()
	}
	if line != "\n" {
		w.t.Fatalf("line of the stream's opening = %q, want its end", line)
	}
	return s
}

func (s *stream) close() {
	s.cancel()
	s.resp.Body.Close()
}

func (s *stream) line() string {
	s.t.Helper()
	line, err := s.lines.ReadString('\n')
	if err != nil {
		s.t.Fatalf("reading the stream of events: %v", err)
	}
	return line
}

func (s *stream) is(want string) {
	s.t.Helper()
	if got := s.line(); got != want {
		s.t.Fatalf("line of the stream = %q, want %q", got, want)
	}
}

// next reads one event and holds its data against the contract.
func (s *stream) next() sse {
	s.t.Helper()
	var e sse
	for {
		line := strings.TrimSuffix(s.line(), "\n")
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.event = value
		case "data":
			var v map[string]any
			if err := json.Unmarshal([]byte(value), &v); err != nil {
				s.t.Fatalf("data of an event = %q: %v", value, err)
			}
			doc, err := theDocument()
			if err != nil {
				s.t.Fatal(err)
			}
			if err := doc.Components.Schemas["Event"].Value.VisitJSON(v, openapi3.EnableJSONSchema2020()); err != nil {
				s.t.Errorf("data of an event = %q, not what openapi.yaml says: %v", value, err)
			}
			e.data = document{t: s.t, call: "event " + e.event, value: v}
		case "":
			if line == "" && e.event != "" {
				e.data.is("type", e.event)
				return e
			}
		default:
			s.t.Fatalf("line of the stream = %q, want a field of an event", line)
		}
	}
}

// want reads events up to one of the type, which must be among the next few.
func (s *stream) want(event string) sse {
	s.t.Helper()
	var passed []string
	for range 5 {
		e := s.next()
		if e.event == event {
			return e
		}
		passed = append(passed, e.event)
	}
	s.t.Fatalf("events = %q, want %q among them", passed, event)
	return sse{}
}

func TestEventsAsTheyHappen(t *testing.T) {
	w := newWorld(t)
	s := w.follow("")
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Encoding": "",
	} {
		if got := s.resp.Header.Get(name); got != want {
			t.Errorf("GET /events = %s %q, want %q", name, got, want)
		}
	}
	a := w.connect(1)
	e := s.want("agent.connected")
	e.data.is("agent.id", a.uid.String())
	e.data.is("agent.components", nil)
	e.data.is("agent.health.components", nil)
	a.say(&fleet.Report{Health: &fleet.Health{LastError: "it hurts\nin two lines"}})
	e = s.want("agent.status")
	e.data.is("agent.status", "unhealthy")
	e.data.is("agent.health.last_error", "it hurts\nin two lines")
	w.create(map[string]any{"name": "c", "selector": "service.name"})
	s.want("config.created").data.is("config.name", "c")
	s.want("agent.config").data.is("agent.config.status", "pending")
	a.apply(fleet.RemoteConfigApplied, "")
	for s.want("agent.config").data.at("agent.config.status") != "applied" {
		continue
	}
	w.do("PUT", "/api/v1/configs/c", map[string]any{"name": "d", "config": goodConfig(1), "selector": "service.name"}).want(http.StatusOK)
	s.want("config.updated").data.is("config.name", "d")
	w.do("DELETE", "/api/v1/configs/d?detach=true", nil).want(http.StatusNoContent)
	e = s.want("config.deleted")
	e.data.is("config.name", "d")
	e.data.is("config.config", nil)
	a.leave()
	s.want("agent.disconnected").data.is("agent.status", "disconnected")
	w.do("DELETE", "/api/v1/agents/"+a.uid.String(), nil).want(http.StatusNoContent)
	e = s.want("agent.forgotten")
	e.data.is("agent.id", a.uid.String())
	e.data.is("agent.status", "disconnected")
}

func TestEventsResume(t *testing.T) {
	w := newWorld(t)
	s := w.follow("")
	w.create(map[string]any{"name": "one"})
	first := s.next()
	s.close()
	w.create(map[string]any{"name": "two"})
	w.create(map[string]any{"name": "three"})
	for name, again := range map[string]*stream{
		"the header":     w.follow("", header("Last-Event-ID", first.id)),
		"the parameter":  w.follow("?last_event_id=" + first.id),
		"both, header 1": w.follow("?last_event_id=nonsense", header("Last-Event-ID", first.id)),
	} {
		for _, want := range []string{"two", "three"} {
			e := again.next()
			if e.event != "config.created" || e.data.at("config.name") != want || e.id == "" {
				t.Errorf("resumed by %s = %s %v, want config.created of %s", name, e.event, e.data.value, want)
			}
		}
	}
}

// A stream that breaks before its first event is taken up where it began.
func TestEventsResumeFromTheBeginning(t *testing.T) {
	w := newWorld(t)
	s := w.follow("")
	s.close()
	w.create(map[string]any{"name": "one"})
	again := w.follow("", header("Last-Event-ID", s.opened))
	if again.opened != s.opened {
		t.Errorf("resumed after %q = a beginning at %q, want the same", s.opened, again.opened)
	}
	again.close()
	again = w.follow("", header("Last-Event-ID", again.opened))
	if e := again.next(); e.event != "config.created" || e.id == s.opened {
		t.Errorf("resumed from the beginning = %s, id %q after %q, want config.created", e.event, e.id, s.opened)
	}
}

func TestEventsThatAreGoneAreAReset(t *testing.T) {
	w := newWorld(t)
	s := w.follow("?last_event_id=of-another-run")
	if s.opened != "" {
		t.Errorf("a stream that a reset is on its way to began with the id %q, want none: who resumes from it would miss the reset", s.opened)
	}
	e := s.next()
	if e.event != "reset" || e.data.at("agent") != nil {
		t.Errorf("resumed from an unknown id = %s %v, want reset", e.event, e.data.value)
	}
	// After the reset it goes on, and its id is one to resume from.
	w.create(map[string]any{"name": "c"})
	s.want("config.created")
	w.follow("?last_event_id="+e.id).want("config.created").data.is("config.name", "c")
}

func TestEventsKeepAlive(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.rest.KeepAlive = 10 * time.Millisecond })
	s := w.follow("")
	for range 3 {
		s.is(": keep-alive\n")
		s.is("\n")
	}
	w.create(map[string]any{"name": "c"})
	for {
		line := s.line()
		if strings.HasPrefix(line, "id: ") {
			break
		}
		if line != "\n" && line != ": keep-alive\n" {
			t.Fatalf("line of a silent stream = %q, want a comment", line)
		}
	}
}

func TestEventsEndAtTheStop(t *testing.T) {
	w := newWorld(t)
	s := w.follow("")
	gauge := func() string { return string(w.do("GET", "/metrics", nil).body) }
	if !strings.Contains(gauge(), "ollystack_http_event_streams 1\n") {
		t.Error("GET /metrics while one client follows = not 1 stream, want 1")
	}
	close(w.done)
	if rest, err := s.lines.ReadString('\n'); err == nil {
		t.Errorf("stream after the stop = %q, want its end", rest)
	}
	eventually(t, "no stream is counted", func() bool { return strings.Contains(gauge(), "ollystack_http_event_streams 0\n") })
}

func TestEventsEndWithTheFleet(t *testing.T) {
	w := newWorld(t)
	s := w.follow("")
	if err := w.fleet.Close(t.Context()); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	if rest, err := s.lines.ReadString('\n'); err == nil {
		t.Errorf("stream after the fleet closed = %q, want its end", rest)
	}
}

// stalled is a client's connection that takes nothing any more: a write fails
// once its deadline has been set, as a socket's would when it passes.
type stalled struct {
	*httptest.ResponseRecorder
	deadlines int
	full      bool
}

func (s *stalled) SetWriteDeadline(time.Time) error { s.deadlines++; return nil }
func (s *stalled) SetReadDeadline(time.Time) error  { return nil }

func (s *stalled) Write(b []byte) (int, error) {
	if s.full {
		return 0, context.DeadlineExceeded
	}
	s.full = true // the first write fits into the buffers
	return len(b), nil
}

func TestSlowReaderOfEventsIsLetGo(t *testing.T) {
	w := newWorld(t)
	handler := w.server.Config.Handler
	client := &stalled{ResponseRecorder: httptest.NewRecorder()}
	over := make(chan struct{})
	go func() {
		defer close(over)
		handler.ServeHTTP(client, httptest.NewRequest(http.MethodGet, "http://localhost/api/v1/events?last_event_id=x", nil))
	}()
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		t.Fatal("the stream to a client that reads nothing goes on, want it ended")
	}
	if client.deadlines < 2 {
		t.Errorf("writes to the client had %d deadlines, want one each", client.deadlines)
	}
}

// quiet is a client's connection on which a deadline ends the stream when it passes, whether something is written
// or not: that is how HTTP/2's are.
type quiet struct {
	*httptest.ResponseRecorder
	mu       sync.Mutex
	deadline time.Time
	flushed  bool
}

func (q *quiet) SetReadDeadline(time.Time) error { return nil }

func (q *quiet) SetWriteDeadline(at time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.deadline = at
	return nil
}

func (q *quiet) FlushError() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.flushed = true
	return nil
}

// patient reports whether something was sent and no deadline is left.
func (q *quiet) patient() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.flushed && q.deadline.IsZero()
}

// The reader's deadline is that of a write, not of the silence after it.
func TestSilentStreamHasNoDeadline(t *testing.T) {
	w := newWorld(t)
	client := &quiet{ResponseRecorder: httptest.NewRecorder()}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		w.server.Config.Handler.ServeHTTP(client, httptest.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/api/v1/events", nil))
	}()
	eventually(t, "the opening is sent and no deadline is left", client.patient)
	stop()
	<-over
}

// TestEventsOverHTTP2 follows them as a browser does over TLS.
func TestEventsOverHTTP2(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewUnstartedServer(w.server.Config.Handler)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil || resp.ProtoMajor != 2 {
		t.Fatalf("GET /events = %v, %v; want it over HTTP/2", resp, err)
	}
	s := &stream{t: t, resp: resp, lines: bufio.NewReader(resp.Body), cancel: func() {}}
	t.Cleanup(s.close)
	s.is("retry: 2000\n")
	s.line()
	s.is("\n")
	w.create(map[string]any{"name": "c"})
	s.want("config.created").data.is("config.name", "c")
}
