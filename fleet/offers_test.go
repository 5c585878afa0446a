package fleet_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// A link that carries many agents outlives each of them.
func TestOffersOverALinkThatStays(t *testing.T) {
	links := map[string]func() *fakeLink{"plain HTTP": plainHTTP, "a gateway": gateway}
	for name, link := range links {
		inWorld(t, name+": an agent that starts anew without its state is offered its configuration again", func(t *testing.T, w *world) {
			c := w.config("one", "a: 1", selecting("env=production", 0))
			a := w.agent(1, link())
			for range 6 {
				a.status = &fleet.RemoteConfigStatus{}
				a.start()
				a.report(c.Config.Hash, fleet.RemoteConfigApplied, "")
				a.heartbeat()
			}
			if n := len(a.offered); n != 6 {
				t.Errorf("%d offers, want 6: one for each life", n)
			}
		})
	}
	inWorld(t, "plain HTTP: an offer that nothing is heard of is made again, a few times", func(t *testing.T, w *world) {
		a := w.agent(1, plainHTTP())
		a.start()
		w.config("one", "a: 1", selecting("env=production", 0))
		for range 40 {
			a.heartbeat()
			w.pass(30 * time.Second)
		}
		if n := len(a.offered); n != 3 {
			t.Errorf("%d offers in 20 minutes, want 3", n)
		}
		a.wantState(fleet.DeliveryFailed)
	})
	inWorld(t, "plain HTTP: one that the agent is at work on is not", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, plainHTTP())
		a.start()
		a.report(c.Config.Hash, fleet.RemoteConfigApplying, "")
		for range 40 {
			a.heartbeat()
			w.pass(30 * time.Second)
		}
		a.wantOffers(c.Config.Hash)
	})
	inWorld(t, "plain HTTP: nor one to an agent that does not report", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, plainHTTP())
		a.caps &^= fleet.ReportsRemoteConfig
		a.start()
		for range 40 {
			a.heartbeat()
			w.pass(30 * time.Second)
		}
		a.wantOffers(c.Config.Hash)
	})
}

// An agent that took its first configuration with it into a crash says so: it
// reports, and has received nothing.
func TestFirstOfferIsLostWithTheAgent(t *testing.T) {
	w := newWorld(t)
	c := w.config("one", "a: 1", selecting("env=production", 0))
	a := w.agent(1, websocket())
	a.start()
	w.pass(30 * time.Second)
	a.heartbeat()
	w.Disconnected(a.link, a.uid)
	a.link = websocket()
	a.start()
	a.wantOffers(c.Config.Hash, c.Config.Hash)
	for range 5 {
		w.pass(30 * time.Second)
		a.heartbeat()
		w.Disconnected(a.link, a.uid)
		a.link = websocket()
		a.start()
	}
	if n := len(a.offered); n != 3 {
		t.Errorf("%d offers, want 3", n)
	}
	a.wantState(fleet.DeliveryFailed)
}

// What an agent that names no hashes runs is what was sent to it last.
func TestToAndFroWithoutHashes(t *testing.T) {
	for _, speaks := range []bool{true, false} {
		for name, again := range map[string]func(*world) *world{
			"": func(w *world) *world { return w }, ", and a crash": (*world).crash,
		} {
			what := "one that says nothing"
			if speaks {
				what = "one that says applied"
			}
			inWorld(t, what+name, func(t *testing.T, w *world) {
				a := w.agent(1, websocket())
				if !speaks {
					a.caps &^= fleet.ReportsRemoteConfig
				}
				a.start()
				one, two := w.config("one", "a: 1"), w.config("two", "b: 2")
				for _, c := range []fleet.ConfigView{one, two} {
					w.assign(a, c.Config.Name)
					a.push()
					w.pass(30 * time.Second)
					if speaks {
						a.report("", fleet.RemoteConfigApplied, "")
					} else {
						a.heartbeat()
					}
				}
				w.saved()
				w.Disconnected(a.link, a.uid)
				w.assign(a, "one")
				a.wantState(fleet.DeliveryPending)
				a.w, a.link = again(w), websocket()
				a.wantState(fleet.DeliveryPending)
				a.heartbeat()
				a.wantOffers(one.Config.Hash, two.Config.Hash, one.Config.Hash)
				a.w.pass(30 * time.Second)
				a.heartbeat()
				a.w.Disconnected(a.link, a.uid)
				a.link = websocket()
				a.heartbeat()
				a.wantOffers(one.Config.Hash, two.Config.Hash, one.Config.Hash)
			})
		}
	}
}

func TestAnAgentThatStartsAnewSaysTheSame(t *testing.T) {
	w := newWorld(t)
	c := w.config("one", "a: 1", selecting("env=production", 0))
	a := w.agent(1, websocket())
	a.start()
	w.Disconnected(a.link, a.uid)
	a.link = websocket()
	if reply := a.start(); reply.RemoteConfig == nil { // the same message, byte for byte
		t.Errorf("the first answer to an agent that starts anew offers nothing")
	}
	a.wantOffers(c.Config.Hash, c.Config.Hash)
}

func TestDeletingIsGuarded(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.agent(i+1, websocket()).start()
	}
	confirmed := fleet.WriteOptions{Confirm: 5, Detach: true}
	for name, priority := range map[string]int{"low": 1, "high": 9} {
		spec := fleet.ConfigSpec{Name: name, Body: []byte(name), Selector: "env=production", Priority: priority}
		if _, err := w.CreateConfig(t.Context(), spec, confirmed); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.DeleteConfig(t.Context(), "high", fleet.WriteOptions{Detach: true}); fleet.KindOf(err) != fleet.Conflict {
		t.Errorf("DeleteConfig() = %v, want a conflict: another selector takes 5 agents", err)
	}
	if err := w.DeleteConfig(t.Context(), "high", confirmed); err != nil {
		t.Errorf("DeleteConfig(confirming 5) = %v", err)
	}
	if err := w.DeleteConfig(t.Context(), "low", fleet.WriteOptions{Detach: true}); err != nil {
		t.Errorf("DeleteConfig(nobody takes the agents) = %v", err)
	}
}

func TestEveryFaultOfASpecIsTold(t *testing.T) {
	w := newWorld(t)
	_, err := w.CreateConfig(t.Context(), fleet.ConfigSpec{
		Body: []byte("bad"), Selector: "((", Labels: map[string]string{"": "x"},
	}, fleet.WriteOptions{})
	var e *fleet.Error
	if !errors.As(err, &e) || e.Kind != fleet.Unprocessable || len(e.Findings) != 4 {
		t.Errorf("CreateConfig(four faults) = %v, want four findings", err)
	}
}

func TestAnotherConfigurationIsAChange(t *testing.T) {
	w := newWorld(t)
	a := w.agent(1, websocket())
	a.start()
	w.config("one", "v1", selecting("env=production", 0))
	first := a.view().Config
	w.pass(time.Second)
	w.config("two", "v2", selecting("env=production", 1))
	second := a.view().Config
	if second.State != fleet.DeliveryPending || second.Name != "two" || !second.ChangedAt.After(first.ChangedAt) {
		t.Errorf("Config = %+v after another became due, want it pending and changed later than %v", second, first.ChangedAt)
	}
}
