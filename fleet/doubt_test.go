package fleet_test

import (
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// TestDoubt: a fleet that is started from a copy of another day sends nobody
// what it runs already. In the copy the agent has been offered its configuration;
// since then it has applied it, and started anew, so that its sequence number
// happens to follow the one in the copy.
func TestDoubt(t *testing.T) {
	for name, link := range map[string]func() *fakeLink{"WebSocket": websocket, "plain HTTP": plainHTTP} {
		for _, busy := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", while others are asked"}[busy], func(t *testing.T) {
				w := newWorld(t, func(o *fleet.Options) {
					if busy {
						o.FullStateRate = 1
					}
				})
				a := w.agent(1, link())
				a.start()
				w.config("edge", "one")
				w.assign(a, "edge")
				if a.push(); len(a.offered) != 1 {
					a.heartbeat() // over plain HTTP
				}
				w.saved()
				copied := w.store.Reopen()
				hash := a.offered[0]
				a.report(hash, fleet.RemoteConfigApplied, "")

				if err := fleet.Doubt(t.Context(), copied); err != nil {
					t.Fatalf("Doubt() = %v", err)
				}
				a.w, a.link, a.offered, a.fullAsked = openWorld(t, w.clock, copied, w.change...), link(), nil, 0
				a.seq = 1
				if busy {
					a.w.agent(2, websocket()).heartbeat() // takes the only turn
				}
				if reply := a.heartbeat(); reply.ReportFullState == busy {
					t.Errorf("the first message is answered by %+v, want it asked for its full state: %v", reply, !busy)
				}
				if busy {
					a.w.pass(3 * time.Second)
					a.push()
				}
				a.wantOffers()
				if a.fullAsked != 1 {
					t.Fatalf("asked for its full state %d times, want once", a.fullAsked)
				}
				a.say(a.full())
				a.push()
				a.wantOffers()
				a.wantState(fleet.DeliveryApplied)
			})
		}
	}
}

// TestDoubtOfMany goes over more agents than one transaction takes.
func TestDoubtOfMany(t *testing.T) {
	w := newWorld(t)
	const many = 1201
	for n := range many {
		w.agent(n+1, websocket()).start()
	}
	w.saved()
	copied := w.store.Reopen()
	if err := fleet.Doubt(t.Context(), copied); err != nil {
		t.Fatalf("Doubt() = %v", err)
	}
	seen := 0
	err := copied.View(t.Context(), func(tx fleet.Tx) error {
		for a, err := range tx.Agents(fleet.InstanceUID{}) {
			if err != nil {
				return err
			}
			seen++
			if a.SequenceNum == 0 {
				t.Errorf("the number of %v is as it was", a.UID)
			}
		}
		return nil
	})
	if err != nil || seen != many {
		t.Errorf("%d agents, %v, want %d", seen, err, many)
	}
}
