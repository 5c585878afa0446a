package fleet_test

import (
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// What an agent has said and the server has missed is asked for until it comes,
// whatever becomes of connections and servers in between.
func TestFullStateIsNotForgotten(t *testing.T) {
	gap := func(t *testing.T, w *world) *agent {
		t.Helper()
		a := w.agent(1, websocket())
		a.start()
		w.saved()
		a.seq += 3
		return a
	}
	reconnect := func(a *agent) {
		a.w.Disconnected(a.link, a.uid)
		a.link = websocket()
	}
	inWorld(t, "the connection ends before the agent has answered", func(t *testing.T, w *world) {
		a := gap(t, w)
		if reply := a.heartbeat(); !reply.ReportFullState {
			t.Fatalf("a gap is answered by %+v, want it to ask for full state", reply)
		}
		reconnect(a)
		if reply := a.heartbeat(); !reply.ReportFullState {
			t.Errorf("on the next connection it is told %+v, want it to be asked again", reply)
		}
		a.say(a.full())
		reconnect(a)
		if reply := a.heartbeat(); reply.ReportFullState {
			t.Errorf("asked again after it has answered")
		}
	})
	t.Run("the connection ends before its turn has come", func(t *testing.T) {
		w := newWorld(t, func(o *fleet.Options) { o.FullStateRate = 1 })
		a := gap(t, w)
		w.agent(2, websocket()).heartbeat() // takes the only turn
		if reply := a.heartbeat(); reply.ReportFullState {
			t.Fatalf("asked at once, want it to wait")
		}
		reconnect(a)
		w.pass(3 * time.Second)
		if reply := a.heartbeat(); !reply.ReportFullState {
			t.Errorf("on the next connection it is told %+v, want it to be asked", reply)
		}
	})
	for name, again := range map[string]func(*world) *world{"stops": (*world).restart, "crashes": (*world).crash} {
		inWorld(t, "the server "+name+" before the agent has answered", func(t *testing.T, w *world) {
			a := gap(t, w)
			a.say(&fleet.Report{Capabilities: a.caps, Health: &fleet.Health{Status: "something to write"}})
			w.saved()
			w.Disconnected(a.link, a.uid)
			a.w, a.link = again(w), websocket()
			if reply := a.heartbeat(); !reply.ReportFullState {
				t.Errorf("afterwards it is told %+v, want it to be asked again", reply)
			}
		})
	}
}

func TestComponentsOfAnAgentThatChangesThem(t *testing.T) {
	w := newWorld(t)
	a := w.agent(1, websocket())
	a.caps |= fleet.ReportsAvailableComponents
	a.start()
	tell := func(hash string, list fleet.Components) fleet.Reply {
		return a.say(&fleet.Report{Capabilities: a.caps, ComponentsHash: fleet.ConfigHash(hash), Components: list})
	}
	for _, hash := range []string{"old", "new"} {
		if reply := tell(hash, nil); !reply.ReportComponents {
			t.Errorf("the hash %q alone is answered by %+v, want it to ask for the list", hash, reply)
		}
		if reply := tell(hash, fleet.Components{"receivers": {hash}}); reply.ReportComponents {
			t.Errorf("asked for the list of %q, which has come", hash)
		}
		if got := a.view().Components["receivers"]; len(got) != 1 || got[0] != hash {
			t.Errorf("receivers = %v, want %q", got, hash)
		}
	}
}
