//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestServerRestart: after a clean restart the agents are back, and nobody is sent
// what it runs already.
func TestServerRestart(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{})
	one := startSupervisor(t, s, "edge-1", supervisorOptions{})
	two := startSupervisor(t, s, "edge-2", supervisorOptions{Env: "selected"})
	before := map[string]agent{}
	s.joins(t, one)
	s.joins(t, two)
	s.assign(t, "edge-1", s.createConfig(t, "kept", receiving(freePort(t)), "").ID)
	taken := s.createConfig(t, "taken", receiving(freePort(t)), "env=selected")
	before["edge-1"] = s.applied(t, "edge-1", "kept", 1)
	before["edge-2"] = s.applied(t, "edge-2", "taken", 1)
	pids := map[string]int{"edge-1": one.collector(t), "edge-2": two.collector(t)}

	s.stop(t)
	s.start(t)

	for name, was := range before {
		a := s.waitAgent(t, name, 60*time.Second, "is back", func(a agent) bool {
			return a.Connected && a.Status == "healthy" && a.ConnectedAt.After(was.ConnectedAt)
		})
		if a.ID != was.ID || a.Config.Status != "applied" || a.Config.ConfigID != was.Config.ConfigID {
			t.Errorf("%s after the restart = %s, config %+v; want %s, config %+v", name, a.ID, a.Config, was.ID, was.Config)
		}
		if a.Version != was.Version || a.Effective.Hash != was.Effective.Hash || len(a.Components) != len(was.Components) {
			t.Errorf("%s after the restart = version %s, effective %s, %d kinds of components; want what it was: %s, %s, %d",
				name, a.Version, a.Effective.Hash, len(a.Components), was.Version, was.Effective.Hash, len(was.Components))
		}
	}
	// Something else goes to both, and arrives after whatever an offer would have sent.
	for name, sv := range map[string]*supervisor{"edge-1": one, "edge-2": two} {
		if got := sv.collector(t); got != pids[name] {
			t.Errorf("the collector of %s = pid %d, want %d: it had nothing to restart for", name, got, pids[name])
		}
		s.must(t, http.StatusAccepted, http.MethodPost, "/api/v1/agents/"+name+"/restart", nil, nil)
		eventually(t, 30*time.Second, "another collector process of "+name, func() error {
			if got := sv.collector(t); got == pids[name] {
				return fmt.Errorf("it is still %d", got)
			}
			return nil
		})
	}
	if got := s.metric(t, "opamp_config_updates_total"); got != 0 {
		t.Errorf("opamp_config_updates_total of the restarted server = %v, want 0", got)
	}

	// And what changes from now on does reach them.
	port := freePort(t)
	s.must(t, http.StatusOK, http.MethodPut, "/api/v1/configs/"+taken.ID,
		map[string]any{"name": "taken", "config": receiving(port), "selector": "env=selected"}, nil)
	s.applied(t, "edge-2", "taken", 2)
	receives(t, port)
}

// TestServerKilled: kill -9 at any moment under load; after the start every
// operator's write that was answered is there, nothing is half-written, and the
// agent is back with what it should run.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{})
	port := freePort(t)
	sv := startSupervisor(t, s, "edge-1", supervisorOptions{})
	s.joins(t, sv)
	s.createConfig(t, "running", receiving(port), "env=e2e")
	s.applied(t, "edge-1", "running", 1)
	receives(t, port)

	written := map[string]int{} // answered: name of a configuration -> its newest version
	for round := range 3 {
		maps.Copy(written, killUnderLoad(t, s, round))
		s.start(t)
		checkWritten(t, s, written)
	}
	a := s.waitAgent(t, "edge-1", 60*time.Second, "is back", func(a agent) bool {
		return a.Connected && a.Status == "healthy"
	})
	if a.Config.Status != "applied" || a.Config.Name != "running" {
		t.Errorf("edge-1's config after kill -9 = %+v, want running, applied", a.Config)
	}
	if a.Labels["round"] != "2" {
		t.Errorf("edge-1's label round = %q, want 2: that was answered", a.Labels["round"])
	}
	if err := takesOTLP(port); err != nil {
		t.Errorf("the collector's pipeline after kill -9 of the server: %v", err)
	}
	if got := sv.process.running(); !got {
		t.Errorf("the supervisor has ended")
	}
}

// writtenBody is version n of a configuration that the writers store.
func writtenBody(name string, n int) string {
	return fmt.Sprintf("# %s, version %d\n%s", name, n, receiving(4318))
}

// killUnderLoad lets four writers store configurations and new versions, kills the
// server once enough was answered, and tells what was.
func killUnderLoad(t *testing.T, s *server, round int) map[string]int {
	t.Helper()
	s.must(t, http.StatusOK, http.MethodPatch, "/api/v1/agents/edge-1",
		map[string]any{"labels": map[string]any{"round": fmt.Sprint(round)}}, nil)

	const enough = 60
	var (
		mu       sync.Mutex
		answered = map[string]int{}
		count    int
		reached  = make(chan struct{})
		writers  sync.WaitGroup
	)
	record := func(name string, version int) {
		mu.Lock()
		defer mu.Unlock()
		answered[name] = version
		if count++; count == enough {
			close(reached)
		}
	}
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("round%d-writer%d-%d", round, w, i)
				if _, err := s.call(http.MethodPost, "/api/v1/configs",
					map[string]any{"name": name, "config": writtenBody(name, 1)}, nil); err != nil {
					return // killed
				}
				record(name, 1)
				for version := 2; version <= 3; version++ {
					if _, err := s.call(http.MethodPut, "/api/v1/configs/"+name,
						map[string]any{"name": name, "config": writtenBody(name, version)}, nil); err != nil {
						return // killed
					}
					record(name, version)
				}
			}
		})
	}
	select {
	case <-reached:
	case <-time.After(60 * time.Second):
		t.Errorf("fewer than %d writes answered in a minute", enough)
	}
	s.kill(t)
	writers.Wait()
	if t.Failed() {
		t.FailNow()
	}
	t.Logf("round %d: %d writes were answered before the kill", round, count)
	return answered
}

// checkWritten reads back everything that was answered, and the whole list.
func checkWritten(t *testing.T, s *server, written map[string]int) {
	t.Helper()
	for name, version := range written {
		var stored config
		s.must(t, http.StatusOK, http.MethodGet, "/api/v1/configs/"+name, nil, &stored)
		// One more version may have become durable without its answer arriving.
		if stored.Version != version && stored.Version != version+1 {
			t.Errorf("version of %s after kill -9 = %d, want %d", name, stored.Version, version)
		}
		for n := 1; n <= stored.Version; n++ {
			var old config
			s.must(t, http.StatusOK, http.MethodGet, fmt.Sprintf("/api/v1/configs/%s/versions/%d", name, n), nil, &old)
			if want := writtenBody(name, n); old.Body != want {
				t.Errorf("version %d of %s after kill -9 = %q, want %q", n, name, old.Body, want)
			}
		}
	}
	token, listed := "", 0
	for {
		var page struct {
			Configs []config `json:"configs"`
			Total   int      `json:"total_size"`
			Next    string   `json:"next_page_token"`
		}
		s.must(t, http.StatusOK, http.MethodGet, "/api/v1/configs?page_size=50&page_token="+token, nil, &page)
		for _, c := range page.Configs {
			s.must(t, http.StatusOK, http.MethodGet, "/api/v1/configs/"+c.ID, nil, nil)
		}
		listed += len(page.Configs)
		if token = page.Next; token == "" {
			if listed != page.Total || listed < len(written) {
				t.Errorf("GET /configs lists %d of %d, want all and at least %d", listed, page.Total, len(written))
			}
			return
		}
	}
}
