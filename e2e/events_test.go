//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// event is one server-sent event.
type event struct {
	id, name, data string
}

// events subscribes to the server's event stream until the test ends.
func (s *server) events(t *testing.T) <-chan event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("GET /events: %v", err)
	}
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("GET /events has Content-Type %q, want text/event-stream", got)
	}
	stream := make(chan event, 256)
	go func() {
		defer close(stream)
		var e event
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ":")
			value = strings.TrimPrefix(value, " ")
			switch field {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				e.data += value
			case "":
				if lines.Text() == "" && e.name != "" {
					stream <- e
					e = event{}
				}
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		res.Body.Close()
		for range stream { // until its goroutine has ended
		}
	})
	return stream
}

// waitEvent reads events until one of that name speaks of subject.
func waitEvent(t *testing.T, stream <-chan event, within time.Duration, name, subject string) event {
	t.Helper()
	deadline := time.After(within)
	var seen []string
	for {
		select {
		case e, open := <-stream:
			if !open {
				t.Fatalf("the event stream ended before %s of %s; it had %v", name, subject, seen)
			}
			if e.name == name && strings.Contains(e.data, subject) {
				if e.id == "" {
					t.Errorf("event %s has no id: %s", name, e.data)
				}
				return e
			}
			seen = append(seen, e.name)
		case <-deadline:
			t.Fatalf("no event %s of %s within %v; there were %v", name, subject, within, seen)
		}
	}
}

// TestEvents: a client of the event stream sees an agent come, be configured and go.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{})
	stream := s.events(t)
	sv := startSupervisor(t, s, "edge-1", supervisorOptions{})
	a := s.joins(t, sv)
	waitEvent(t, stream, 5*time.Second, "agent.connected", a.ID)

	stored := s.createConfig(t, "seen", receiving(freePort(t)), "env=e2e")
	waitEvent(t, stream, 5*time.Second, "config.created", stored.ID)
	waitEvent(t, stream, applyTime, "agent.config", a.ID)

	sv.stop(t)
	waitEvent(t, stream, 10*time.Second, "agent.disconnected", a.ID)
	s.must(t, http.StatusNoContent, http.MethodDelete, "/api/v1/configs/"+stored.ID+"?detach=true", nil, nil)
	waitEvent(t, stream, 5*time.Second, "config.deleted", stored.ID)
}
