//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestSameInstanceID: two agents that are set up with one instance id, as cloned
// machines are. The one that came first keeps it; the later one gets another, and
// each is configured for itself.
func TestSameInstanceID(t *testing.T) {
	t.Parallel()
	const id = "0195f2b4-7c1e-7d3a-9a55-3f0c1d2e4b6a"
	s := startServer(t, serverOptions{})
	first := startSupervisor(t, s, "edge-first", supervisorOptions{InstanceID: id})
	if a := s.joins(t, first); a.ID != id {
		t.Errorf("id of the first agent = %s, want %s", a.ID, id)
	}
	clone := startSupervisor(t, s, "edge-clone", supervisorOptions{InstanceID: id})

	eventually(t, joinTime, "both are there with an id each", func() error {
		var list struct {
			Agents []agent `json:"agents"`
		}
		if _, err := s.call(http.MethodGet, "/api/v1/agents?connected=true", nil, &list); err != nil {
			return err
		}
		ids := map[string]string{}
		for _, a := range list.Agents {
			ids[a.Name] = a.ID
		}
		if len(list.Agents) != 2 || ids["edge-first"] != id || ids["edge-clone"] == "" || ids["edge-clone"] == id {
			return fmt.Errorf("connected agents are %v", ids)
		}
		return nil
	})
	one, other := freePort(t), freePort(t)
	s.assign(t, "edge-first", s.createConfig(t, "one", receiving(one), "").ID)
	s.assign(t, "edge-clone", s.createConfig(t, "other", receiving(other), "").ID)
	s.applied(t, "edge-first", "one", 1)
	s.applied(t, "edge-clone", "other", 1)
	receives(t, one)
	receives(t, other)
	clone.stop(t)
	s.waitAgent(t, "edge-clone", 10*time.Second, "is gone", func(a agent) bool { return !a.Connected })
	if a, err := s.agent("edge-first"); err != nil || !a.Connected {
		t.Errorf("the first agent once its clone is gone: connected = %v, %v", a.Connected, err)
	}
}

// TestAgentKilled: a supervisor that vanishes without a word is seen to be gone, and
// is the same agent when it comes back.
func TestAgentKilled(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{})
	sv := startSupervisor(t, s, "edge-1", supervisorOptions{})
	before := s.joins(t, sv)
	sv.process.killGroup()
	s.waitAgent(t, "edge-1", 15*time.Second, "is gone", func(a agent) bool {
		return !a.Connected && a.Status == "disconnected"
	})
	sv.start(t, "")
	if after := s.joins(t, sv); after.ID != before.ID {
		t.Errorf("id after coming back = %s, want %s", after.ID, before.ID)
	}
}
