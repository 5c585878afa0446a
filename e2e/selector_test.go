//go:build e2e

package e2e

import (
	"net/http"
	"testing"
	"time"
)

// TestSelectorTakesNewAgent: an agent that a selector takes has its configuration
// with the first answer, over either transport.
func TestSelectorTakesNewAgent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scheme, transport string }{
		{"ws", "websocket"},
		{"http", "http"}, // polls every 30 s: a later answer would be late
	} {
		t.Run(c.transport, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, serverOptions{})
			port := freePort(t)
			s.createConfig(t, "for-everybody", unknownReceiver, "")
			s.createConfig(t, "for-canaries", receiving(port), "env=canary")
			sv := startSupervisor(t, s, "edge-new", supervisorOptions{Env: "canary", Scheme: c.scheme})

			eventually(t, joinTime, "edge-new is known", func() error {
				_, err := s.agent("edge-new")
				return err
			})
			seen := time.Now()
			a := s.applied(t, "edge-new", "for-canaries", 1)
			since := time.Since(seen)
			sv.settles(t, port)
			if c.scheme == "http" && since > 25*time.Second {
				t.Errorf("applied %v after the first contact, want it before the second poll", since)
			}
			if a.Config.Source != "selector" {
				t.Errorf("config.source = %q, want selector", a.Config.Source)
			}
			if a.Transport != c.transport {
				t.Errorf("transport = %q, want %q", a.Transport, c.transport)
			}
			if got := s.metric(t, "opamp_config_updates_total"); got != 1 {
				t.Errorf("opamp_config_updates_total = %v, want 1", got)
			}
			sv.stop(t)
		})
	}
}

// TestPriorityAndLabel: of two configurations that take an agent the one with the
// higher priority is its; a label that an operator gives moves it to another.
func TestPriorityAndLabel(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{})
	sv := startSupervisor(t, s, "edge-1", supervisorOptions{})
	s.joins(t, sv)
	low, high, labelled := freePort(t), freePort(t), freePort(t)
	for _, c := range []map[string]any{
		{"name": "low", "config": receiving(low), "selector": "env=e2e", "priority": 1},
		{"name": "high", "config": receiving(high), "selector": "env=e2e", "priority": 2},
		{"name": "labelled", "config": receiving(labelled), "selector": "ring in (canary)", "priority": 3},
	} {
		s.must(t, http.StatusCreated, http.MethodPost, "/api/v1/configs", c, nil)
	}
	s.applied(t, "edge-1", "high", 1)
	receives(t, high)
	silent(t, low)

	s.must(t, http.StatusOK, http.MethodPatch, "/api/v1/agents/edge-1",
		map[string]any{"labels": map[string]any{"ring": "canary"}}, nil)
	s.applied(t, "edge-1", "labelled", 1)
	receives(t, labelled)
	silent(t, high)
}
