package fleet_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

func (l *fakeLink) settle(alive bool) {
	l.mu.Lock()
	probes := l.probes
	l.probes = nil
	l.mu.Unlock()
	for _, settled := range probes {
		settled(alive)
	}
}

// Nothing is offered while an older connection is being tried; so each trial has to end.
func TestEveryRivalIsSettled(t *testing.T) {
	inWorld(t, "also where another, which cannot be tried, came before it", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=staging", 0))
		a := w.agent(1, plainHTTP())
		a.start()
		halfOpen := websocket()
		a.link = halfOpen
		a.heartbeat()
		a.link = websocket()
		a.attributes["env"] = "staging"
		a.start()
		a.wantOffers()
		if len(halfOpen.probes) != 1 {
			t.Fatalf("the older WebSocket was probed %d times, want once", len(halfOpen.probes))
		}
		halfOpen.settle(false)
		if len(a.link.woken) == 0 {
			t.Errorf("the newer one was not woken")
		}
		a.push()
		a.wantOffers(c.Config.Hash)
	})
	inWorld(t, "also where the agent goes back to polling", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=staging", 0))
		a := w.agent(1, plainHTTP())
		a.start()
		polls, halfOpen := a.link, websocket()
		a.link = halfOpen
		a.heartbeat()
		a.link = polls
		a.heartbeat()
		halfOpen.settle(false)
		a.attributes["env"] = "staging"
		a.say(a.full())
		a.wantOffers(c.Config.Hash)
	})
	inWorld(t, "also where the agent has asked for another UID meanwhile", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=staging", 0))
		a := w.agent(1, websocket())
		a.start()
		old, halfOpen := a.uid, a.link
		a.link = websocket()
		a.heartbeat()
		a.say(&fleet.Report{RequestUID: true})
		a.adopt()
		a.attributes["env"] = "staging"
		a.say(a.full())
		halfOpen.settle(false)
		w.Disconnected(halfOpen, old)
		a.push()
		a.wantOffers(c.Config.Hash)
		w.Disconnected(a.link, old, a.uid)
		if n := w.FleetStatus().Connected; n != 0 {
			t.Errorf("%d agents are connected after the end of all connections", n)
		}
	})
	inWorld(t, "and the older keeps its record where the newer asks for another UID", func(t *testing.T, w *world) {
		first, second := w.agent(1, websocket()), w.agent(1, websocket())
		first.start()
		second.start()
		second.say(&fleet.Report{RequestUID: true})
		first.link.settle(true)
		first.push()
		first.say(first.full())
		second.adopt()
		second.say(second.full())
		second.push()
		if len(second.renamed) != 1 || len(first.renamed) != 0 || w.total() != 2 || w.FleetStatus().Connected != 2 {
			t.Errorf("renamed: first %v, second %v; %d records, %d connected; want the second once, two, both",
				first.renamed, second.renamed, w.total(), w.FleetStatus().Connected)
		}
		w.Disconnected(first.link, first.uid)
		w.Disconnected(second.link, uidOf(1), second.uid)
		if n := w.FleetStatus().Connected; n != 0 {
			t.Errorf("%d agents are connected after the end of all connections", n)
		}
	})
}

// Through gateways nothing but the agents' own messages tells them apart.
func TestAgentsBehindGateways(t *testing.T) {
	inWorld(t, "one that starts anew, through either of two, is one", func(t *testing.T, w *world) {
		here, there := gateway(), gateway()
		a := w.agent(1, here)
		for i := range 6 {
			a.link = here
			if i%2 == 1 {
				a.link = there
			}
			a.start()
			a.heartbeat()
			a.push()
		}
		if len(a.renamed) != 0 || w.total() != 1 {
			t.Errorf("renamed %v, %d records; want one undisturbed agent", a.renamed, w.total())
		}
	})
	inWorld(t, "two are told apart also if the first starts anew", func(t *testing.T, w *world) {
		first, second := w.agent(1, gateway()), w.agent(1, gateway())
		for range 3 {
			first.start()
			first.heartbeat()
			second.start()
			first.start()
			for range 3 {
				second.heartbeat()
				first.heartbeat()
				first.push()
				second.push()
			}
		}
		if len(first.renamed)+len(second.renamed) == 0 {
			t.Errorf("neither was given another UID")
		}
	})
	inWorld(t, "the pong of one says nothing of an agent on it", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		old := a.link
		a.link = websocket()
		a.heartbeat()
		old.shared = true // It turns out to be a gateway.
		old.settle(true)
		a.heartbeat()
		a.push()
		if len(a.renamed) != 0 || w.total() != 1 {
			t.Errorf("renamed %v, %d records; want one undisturbed agent", a.renamed, w.total())
		}
	})
}

func TestTwinsAreForgotten(t *testing.T) {
	w := newWorld(t)
	link := plainHTTP()
	first, second := w.agent(1, link), w.agent(1, link)
	second.address = "127.0.0.2:4"
	for range 20 {
		first.start()
		second.start()
		for range 3 {
			first.heartbeat()
			second.heartbeat()
		}
		first.say(&fleet.Report{Disconnecting: true})
	}
	if got := w.Twins(); got > 1 {
		t.Errorf("%d pairs of twins are remembered of one UID", got)
	}
}

// The later of two that were told apart has a UID waiting for it; the record is not its own to take away.
func TestATwinThatAsksForAUID(t *testing.T) {
	w := newWorld(t)
	link := plainHTTP()
	first, second := w.agent(1, link), w.agent(1, link)
	second.address = "127.0.0.2:4"
	first.start()
	first.heartbeat()
	first.heartbeat()
	second.start()
	for range 3 {
		first.heartbeat()
		second.heartbeat()
	}
	reply := second.say(&fleet.Report{RequestUID: true})
	first.heartbeat()
	if reply.NewUID != second.renamed[0] || len(first.renamed) != 0 || first.view().Agent.UID != uidOf(1) {
		t.Errorf("the second is given %v, want %v as before; the first is renamed to %v", reply.NewUID, second.renamed[0], first.renamed)
	}
}

func TestOneChangeIsOneEvent(t *testing.T) {
	w := newWorld(t)
	a := w.agent(1, websocket())
	a.start()
	one, two := w.config("one", "a: 1"), w.config("two", "b: 2")
	w.assign(a, "one")
	a.push()
	a.report(one.Config.Hash, fleet.RemoteConfigApplied, "")
	s := w.Subscribe("")
	w.assign(a, "two")
	if got := configEvents(t, s); len(got) != 1 || got[0] != two.Config.Hash {
		t.Errorf("an assignment made the agent.config events %v, want one", got)
	}
}

// configEvents reads what s holds of agent.config events: the hashes meant for the agent.
func configEvents(t *testing.T, s *fleet.Subscription) []fleet.ConfigHash {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var hashes []fleet.ConfigHash
	for {
		ev, err := s.Next(ctx)
		if err != nil {
			return hashes
		}
		if ev.Type == fleet.EventAgentConfig {
			hashes = append(hashes, ev.Agent.Config.Hash)
		}
	}
}

// An agent may come back at the moment that it is forgotten.
func TestForgettingOneThatComesBack(t *testing.T) {
	w := newWorld(t)
	a := w.agent(1, websocket())
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 300 {
			a.link = websocket()
			a.start()
			a.heartbeat()
			w.Disconnected(a.link, a.uid)
		}
	})
	for range 300 {
		err := w.ForgetAgent(context.Background(), a.uid.String(), fleet.WriteOptions{})
		if k := fleet.KindOf(err); err != nil && k != fleet.NotFound && k != fleet.Conflict {
			t.Errorf("ForgetAgent() = %v", err)
		}
	}
	wg.Wait()
}

// busyStore lets something happen during each commit.
type busyStore struct {
	fleet.Store
	during  func()
	commits int
}

func (s *busyStore) Update(ctx context.Context, fn func(fleet.Tx) error) error {
	s.commits++
	err := s.Store.Update(ctx, fn)
	if s.during != nil {
		s.during()
	}
	return err
}

// What is reported while a batch is written goes into the next batch.
func TestBatchesStayBatches(t *testing.T) {
	store := &busyStore{}
	w := newWorld(t, func(o *fleet.Options) { store.Store, o.Store = o.Store, store })
	a := w.agent(1, websocket())
	a.start()
	w.saved()
	n := 0
	store.during = func() {
		if n++; n < 100 {
			a.say(&fleet.Report{Capabilities: a.caps, Health: &fleet.Health{Status: fmt.Sprint(n)}})
		}
	}
	store.commits = 0
	a.say(&fleet.Report{Capabilities: a.caps, Health: &fleet.Health{Status: "first"}})
	w.pass(3 * time.Second)
	store.during = nil
	if store.commits > 3 {
		t.Errorf("%d commits in 3 s, want one a second", store.commits)
	}
}

// What was on disk of an agent that comes back while it is forgotten is asked for, and stored, anew.
func TestForgettingTakesNothingFromOneThatComesBack(t *testing.T) {
	store := &busyStore{}
	w := newWorld(t, func(o *fleet.Options) { store.Store, o.Store = o.Store, store })
	a := w.agent(1, websocket())
	a.start()
	w.saved()
	w.Disconnected(a.link, a.uid)
	store.during = func() {
		store.during = nil
		a.link = websocket()
		a.heartbeat()
	}
	if err := w.ForgetAgent(t.Context(), a.uid.String(), fleet.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	w.saved()
	if a.push(); a.fullAsked != 1 {
		t.Errorf("asked for the full state %d times, want once", a.fullAsked)
	}
	a.say(a.full())
	w.saved()
	v := a.view()
	if v.EffectiveConfig == nil || v.Agent.Health == nil || len(v.Agent.Health.Components) != 1 {
		t.Errorf("Agent() = %+v, want its configuration and its health with the tree", v)
	}
}
