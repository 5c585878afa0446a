package rest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// faultyStore fails its writes with the error that was put in, until it is taken out.
type faultyStore struct {
	fleet.Store
	err atomic.Pointer[error]
}

func (s *faultyStore) Update(ctx context.Context, fn func(fleet.Tx) error) error {
	if err := s.err.Load(); err != nil {
		return *err
	}
	return s.Store.Update(ctx, fn)
}

func TestFailureInsideIsLoggedAndNotShown(t *testing.T) {
	store := &faultyStore{Store: mem.New()}
	w := newWorld(t, func(s *setup) { s.fleet.Store = store })
	w.wantErrors = true
	fault := errors.New("secret cause in bucket 7")
	store.err.Store(&fault)
	d := w.do("POST", "/api/v1/tokens", map[string]any{"name": "x", "role": "read"}, header("X-Request-Id", "find-me")).
		problem(http.StatusInternalServerError)
	if strings.Contains(d.text("detail"), "secret") {
		t.Errorf("detail of a 500 = %q, want the cause left out", d.text("detail"))
	}
	if logged := w.log.String(); !strings.Contains(logged, "secret cause") || !strings.Contains(logged, "find-me") {
		t.Errorf("log after a 500 = %q, want the cause and the request's id", logged)
	}
	store.err.Store(nil)
}

func TestUnavailableIs503AndSaysWhenToRetry(t *testing.T) {
	store := &faultyStore{Store: mem.New()}
	w := newWorld(t, func(s *setup) { s.fleet.Store = store })
	var fault error = fleet.Errorf(fleet.Unavailable, "the disk is full")
	store.err.Store(&fault)
	got := w.do("POST", "/api/v1/configs", map[string]any{"name": "x", "config": goodConfig(1)})
	got.problem(http.StatusServiceUnavailable, "disk is full")
	if got.header.Get("Retry-After") == "" {
		t.Error("a 503 without Retry-After, want it")
	}
	store.err.Store(nil)
	if w.log.String() != "" {
		t.Errorf("log after a 503 = %q, want nothing: it is the store's to tell", w.log.String())
	}
}

func TestPanicIs500AndTheServerGoesOn(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		s.rest.Checks[0].Run = func(context.Context) fleet.Check { panic("boom") }
	})
	w.wantErrors = true
	d := w.do("GET", "/api/v1/health", nil).problem(http.StatusInternalServerError)
	if strings.Contains(d.text("detail"), "boom") {
		t.Errorf("detail after a panic = %q, want the cause left out", d.text("detail"))
	}
	if !strings.Contains(w.log.String(), "boom") {
		t.Errorf("log after a panic = %q, want the cause", w.log.String())
	}
	w.do("GET", "/api/v1/agents", nil).want(http.StatusOK)
}

func TestRequestIDIsKeptIfSane(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"a", "req-42", "01J/x:y=z~", strings.Repeat("x", 128)} {
		if got := w.do("GET", "/api/v1/agents", nil, header("X-Request-Id", id)).header.Get("X-Request-Id"); got != id {
			t.Errorf("X-Request-Id %q came back as %q, want it kept", id, got)
		}
		w.do("GET", "/api/v1/agents/none", nil, header("X-Request-Id", id)).problem(http.StatusNotFound).is("instance", id)
	}
	seen := map[string]bool{}
	for _, id := range []string{"", "two words", "tab\there", "caf\u00e9", strings.Repeat("x", 129)} {
		got := w.do("GET", "/api/v1/agents", nil, header("X-Request-Id", id)).header.Get("X-Request-Id")
		if got == "" || got == id || seen[got] {
			t.Errorf("X-Request-Id %q came back as %q, want a fresh one", id, got)
		}
		seen[got] = true
	}
}

func TestUnprocessableHasAListOfFindings(t *testing.T) {
	w := newWorld(t)
	one := strings.Replace(goodConfig(1), "receivers: [otlp]", "receivers: [oltp]", 1)
	two := strings.Replace(one, "exporters: [debug]", "exporters: [debgu]", 1)
	for body, want := range map[string]int{one: 1, two: 2} {
		d := w.do("POST", "/api/v1/configs", map[string]any{"name": "x", "config": body}).want(http.StatusUnprocessableEntity)
		errs := 0
		for _, f := range d.list("errors") {
			if f.text("severity") == "error" {
				errs++
			}
		}
		if errs != want {
			t.Errorf("POST of a configuration with %d errors = %v, want as many", want, d.at("errors"))
		}
	}
	d := w.do("POST", "/api/v1/configs", map[string]any{"name": "x", "config": one}).want(http.StatusUnprocessableEntity)
	f := d.find("errors", "code", "undefined-receiver")
	f.is("path", "service::pipelines::traces::receivers[0]")
	f.is("line", 11)
	f.is("column", 19)
	// Left out altogether is a configuration that is empty.
	w.do("POST", "/api/v1/configs", map[string]any{"name": "x"}).want(http.StatusUnprocessableEntity)
	w.do("GET", "/api/v1/configs", nil).want(http.StatusOK).is("total_size", 0)
}
