package fleet_test

import (
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// startDown is the first word of a supervisor: connected, and what it manages not up yet.
func (a *agent) startDown() fleet.Reply {
	a.w.t.Helper()
	a.seq, a.started = 0, true
	r := a.full()
	r.Health = &fleet.Health{}
	return a.say(r)
}

func (a *agent) health(h fleet.Health) fleet.Reply {
	a.w.t.Helper()
	return a.say(&fleet.Report{Capabilities: a.caps, Health: &h})
}

// The supervisor writes its initial configuration while it is connected
// already: what it is offered before its collector is up may be lost.
func TestOfferWaitsUntilTheAgentIsUp(t *testing.T) {
	up := map[string]fleet.Health{
		"healthy":                {Healthy: true},
		"running, and not well":  {StartedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		"failed to start":        {LastError: "exit code 1"},
		"saying how it is going": {Status: "StatusStarting"},
	}
	for name, h := range up {
		inWorld(t, "until it is "+name, func(t *testing.T, w *world) {
			c := w.config("one", "a: 1", selecting("env=production", 0))
			a := w.agent(1, websocket())
			a.startDown()
			w.pass(3 * time.Second)
			a.heartbeat()
			a.push()
			a.wantOffers()
			a.wantState(fleet.DeliveryPending)
			a.health(h)
			a.wantOffers(c.Config.Hash)
		})
	}
	inWorld(t, "one that says nothing more is woken, and offered it all the same", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		a.startDown()
		w.pass(14 * time.Second)
		a.push()
		a.wantOffers()
		if n := len(a.link.woken); n != 0 {
			t.Errorf("woken %d times before its time, want 0", n)
		}
		w.pass(2 * time.Second)
		if n := len(a.link.woken); n != 1 {
			t.Errorf("woken %d times, want once", n)
		}
		a.push()
		a.wantOffers(c.Config.Hash)
	})
	inWorld(t, "a full state that repeats it changes nothing", func(t *testing.T, w *world) {
		w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		a.startDown()
		again := a.full()
		again.Health = &fleet.Health{}
		a.say(again)
		a.wantOffers()
	})
	inWorld(t, "a configuration made meanwhile waits too", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.startDown()
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a.push()
		a.wantOffers()
		a.health(fleet.Health{Healthy: true})
		a.wantOffers(c.Config.Hash)
	})
	inWorld(t, "an agent that goes down later is not starting", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		a.health(fleet.Health{})
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a.push()
		a.wantOffers(c.Config.Hash)
	})
	inWorld(t, "each start waits anew", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		for range 3 {
			a.startDown()
			a.push()
		}
		a.wantOffers()
		a.health(fleet.Health{Healthy: true})
		a.wantOffers(c.Config.Hash)
		w.pass(20 * time.Second)
		if n := len(a.link.woken); n != 0 {
			t.Errorf("woken %d times after it came up, want 0", n)
		}
	})
	inWorld(t, "one that starts again and again is remembered once", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		for range 3 {
			for range 10 {
				a.startDown()
				a.health(fleet.Health{Healthy: true})
			}
			a.startDown()
			w.pass(time.Second)
			if n := w.Starting(); n != 1 {
				t.Fatalf("one agent that is starting is remembered %d times", n)
			}
		}
		w.pass(20 * time.Second)
		if n := w.Starting(); n != 0 || len(a.link.woken) != 1 {
			t.Errorf("when it has had the time it is remembered %d times and was woken %d times, want 0 and once", n, len(a.link.woken))
		}
	})
}
