package fleet_test

import (
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// adopt makes the agent take the UID that it was last given.
func (a *agent) adopt() {
	a.uid = a.renamed[len(a.renamed)-1]
}

func (w *world) total() int { return w.FleetStatus().Total }

func TestDuplicates(t *testing.T) {
	inWorld(t, "B5: of two that are alive the later one gets a fresh UID and a fresh record", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		first := w.agent(1, websocket())
		first.attributes["host.name"] = "the-first"
		first.start()
		second := w.agent(1, websocket())
		second.attributes["host.name"] = "the-second"
		if reply := second.start(); reply.RemoteConfig != nil || !reply.NewUID.IsZero() {
			t.Errorf("the newcomer is told %+v before it is settled who is who, want an acknowledgement", reply)
		}
		if len(first.link.probes) != 1 {
			t.Fatalf("the older connection was probed %d times, want once", len(first.link.probes))
		}
		first.link.probes[0](true)
		second.push()
		if len(second.renamed) != 1 {
			t.Fatalf("the later agent was given %v, want one fresh UID", second.renamed)
		}
		if replies := first.push(); len(replies) == 0 || !replies[0].ReportFullState {
			t.Errorf("the first is told %+v, want it to be asked for its full state", replies)
		}
		first.say(first.full())
		if v := first.view(); v.Agent.Name() != "the-first" {
			t.Errorf("the record of the first is called %q", v.Agent.Name())
		}
		if reply := second.heartbeat(); reply.NewUID != second.renamed[0] {
			t.Errorf("before it takes up the new UID it is told %+v, want the same UID again", reply)
		}
		second.adopt()
		second.heartbeat()
		if second.fullAsked != 1 {
			t.Errorf("the fresh record asked for full state %d times, want once", second.fullAsked)
		}
		second.say(second.full())
		second.wantOffers(c.Config.Hash)
		if v := second.view(); v.Agent.Name() != "the-second" || w.total() != 2 {
			t.Errorf("the second record is called %q, of %d", v.Agent.Name(), w.total())
		}
		first.heartbeat()
		if len(first.renamed) != 0 {
			t.Errorf("the first was renamed to %v", first.renamed)
		}
		if got := w.Stats().Duplicates; got != 1 {
			t.Errorf("Stats().Duplicates = %d, want 1", got)
		}
	})

	inWorld(t, "a half-open old socket gives way", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		old := w.agent(1, websocket())
		old.start()
		oldLink := old.link
		old.link = websocket()
		if reply := old.heartbeat(); !reply.NewUID.IsZero() || reply.ReportFullState {
			t.Errorf("the newcomer is told %+v, want an acknowledgement", reply)
		}
		oldLink.probes[0](false)
		w.Disconnected(oldLink, old.uid)
		old.push()
		old.wantOffers(c.Config.Hash, c.Config.Hash)
		if v := old.view(); !v.Connected {
			t.Errorf("the agent counts as disconnected after the old socket's end")
		}
	})

	inWorld(t, "an old socket that ends by itself is no rival", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		oldLink := a.link
		a.link = websocket()
		a.heartbeat()
		w.Disconnected(oldLink, a.uid)
		oldLink.probes[0](false)
		a.heartbeat()
		if v := a.view(); !v.Connected || len(a.renamed) != 0 {
			t.Errorf("connected %v, renamed %v; want it connected under its UID", v.Connected, a.renamed)
		}
	})

	inWorld(t, "a newcomer that goes before it is settled leaves the UID to the first", func(t *testing.T, w *world) {
		first, second := w.agent(1, websocket()), w.agent(1, websocket())
		first.start()
		second.start()
		w.Disconnected(second.link, second.uid)
		first.link.probes[0](true)
		first.push()
		first.say(first.full())
		if v := first.view(); !v.Connected || len(first.renamed) != 0 || first.fullAsked != 1 {
			t.Errorf("connected %v, renamed %v, asked %d times; want the first as it was, asked once", v.Connected, first.renamed, first.fullAsked)
		}
	})

	inWorld(t, "through gateways a message on the old connection settles it", func(t *testing.T, w *world) {
		first, second := w.agent(1, gateway()), w.agent(1, gateway())
		first.start()
		first.heartbeat()
		first.heartbeat()
		second.start()
		if len(first.link.probes) != 0 {
			t.Errorf("a shared connection was probed")
		}
		if reply := first.heartbeat(); !reply.NewUID.IsZero() || !reply.ReportFullState {
			t.Errorf("the first is told %+v, want to be asked for its state", reply)
		}
		second.push()
		if len(second.renamed) != 1 || len(first.renamed) != 0 {
			t.Errorf("renamed: first %v, second %v; want the second alone", first.renamed, second.renamed)
		}
	})

	inWorld(t, "an agent may move between gateways, to and fro", func(t *testing.T, w *world) {
		a := w.agent(1, gateway())
		here, there := a.link, gateway()
		a.start()
		for i := range 10 {
			a.link = here
			if i%2 == 1 {
				a.link = there
			}
			a.heartbeat()
			a.push()
		}
		if len(a.renamed) != 0 || a.fullAsked != 0 || w.total() != 1 {
			t.Errorf("renamed %v, asked %d times, %d records; want one undisturbed agent", a.renamed, a.fullAsked, w.total())
		}
		w.Disconnected(here, a.uid)
		if v := a.view(); !v.Connected {
			t.Errorf("the end of the gateway that it has left disconnects it")
		}
		w.Disconnected(there, a.uid)
		if v := a.view(); v.Connected {
			t.Errorf("the end of its gateway leaves it connected")
		}
	})

	inWorld(t, "three clones on three sockets", func(t *testing.T, w *world) {
		first, second, third := w.agent(1, websocket()), w.agent(1, websocket()), w.agent(1, websocket())
		first.start()
		second.start()
		third.start()
		first.link.probes[0](true)
		for _, probe := range second.link.probes {
			probe(true)
		}
		for range 3 {
			for _, a := range []*agent{first, second, third} {
				a.heartbeat()
				for _, probe := range a.link.probes {
					probe(true)
				}
				a.push()
			}
		}
		if len(first.renamed) != 0 || len(second.renamed) == 0 || len(third.renamed) == 0 {
			t.Errorf("renamed: %v, %v, %v; want all but the first", first.renamed, second.renamed, third.renamed)
		}
		if second.renamed[0] == third.renamed[0] {
			t.Errorf("both clones were given %v", second.renamed[0])
		}
	})

	inWorld(t, "over plain HTTP two agents are told apart by their numbers", func(t *testing.T, w *world) {
		link := plainHTTP()
		first, second := w.agent(1, link), w.agent(1, link)
		second.address = "127.0.0.2:4"
		first.start()
		first.heartbeat()
		first.heartbeat()
		second.start()
		for range 4 {
			first.heartbeat()
			second.heartbeat()
		}
		if len(first.renamed) != 0 || len(second.renamed) == 0 {
			t.Errorf("renamed: first %v, second %v; want the second alone", first.renamed, second.renamed)
		}
		second.adopt()
		second.heartbeat()
		for range 10 {
			first.heartbeat()
		}
		if len(first.renamed) != 0 || w.total() != 2 {
			t.Errorf("afterwards the first was renamed to %v; %d records, want 2", first.renamed, w.total())
		}
	})

	inWorld(t, "over plain HTTP also where they run in step", func(t *testing.T, w *world) {
		link := plainHTTP()
		first, second := w.agent(1, link), w.agent(1, link)
		second.address = "127.0.0.2:4"
		first.start()
		second.start()
		for range 5 {
			first.heartbeat()
			second.heartbeat()
		}
		if len(first.renamed) != 0 || len(second.renamed) == 0 {
			t.Errorf("renamed: first %v, second %v; want the second alone", first.renamed, second.renamed)
		}
	})

	inWorld(t, "over plain HTTP a restart is no duplicate", func(t *testing.T, w *world) {
		a := w.agent(1, plainHTTP())
		a.start()
		for range 7 {
			a.heartbeat()
		}
		a.address = "127.0.0.1:999"
		a.start()
		for range 12 {
			a.heartbeat()
		}
		if len(a.renamed) != 0 {
			t.Errorf("renamed to %v", a.renamed)
		}
	})

	inWorld(t, "a WebSocket that lives keeps its UID from one that polls", func(t *testing.T, w *world) {
		first, second := w.agent(1, websocket()), w.agent(1, plainHTTP())
		first.start()
		second.start()
		first.link.probes[0](true)
		second.heartbeat()
		if len(second.renamed) != 1 {
			t.Fatalf("the one that polls was told %v, want one fresh UID", second.renamed)
		}
		second.adopt()
		second.say(second.full())
		first.push()
		first.heartbeat()
		if len(first.renamed) != 0 || w.total() != 2 {
			t.Errorf("first renamed %v, %d records; want 2", first.renamed, w.total())
		}
	})
}

func TestRequestInstanceUID(t *testing.T) {
	inWorld(t, "B3: the record moves with all its history", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		c := w.config("one", "a: 1")
		w.assign(a, "one")
		a.push()
		a.report(c.Config.Hash, fleet.RemoteConfigFailed, "no")
		old := a.uid
		firstSeen := a.view().Agent.FirstSeenAt
		sub := w.Subscribe("")
		reply := a.say(&fleet.Report{RequestUID: true})
		for _, want := range []struct {
			event fleet.EventType
			uid   fleet.InstanceUID
		}{{fleet.EventAgentForgotten, old}, {fleet.EventAgentConnected, reply.NewUID}} {
			if ev, err := sub.Next(t.Context()); err != nil || ev.Type != want.event || ev.Agent.Agent.UID != want.uid {
				t.Errorf("event = %+v, %v; want %v of %v", ev, err, want.event, want.uid)
			}
		}
		if reply.NewUID.IsZero() || reply.UID != old {
			t.Fatalf("the answer = %+v, want a new UID, addressed to the old", reply)
		}
		a.heartbeat() // B4: briefly the old one is as good.
		if a.renamed[len(a.renamed)-1] != reply.NewUID {
			t.Errorf("under the old UID it is told %v, want %v again", a.renamed, reply.NewUID)
		}
		a.adopt()
		a.heartbeat()
		v := a.view()
		if v.Config.State != fleet.DeliveryFailed || v.Agent.Assignment.ConfigID != c.Config.ID || !v.Agent.FirstSeenAt.Equal(firstSeen) ||
			len(v.Agent.Health.Components) != 1 || v.EffectiveConfig == nil {
			t.Errorf("the moved record = %+v, want all of the old one", v)
		}
		a.wantOffers(c.Config.Hash)
		if a.fullAsked != 0 || w.total() != 1 {
			t.Errorf("asked for full state %d times, %d records; want none and one", a.fullAsked, w.total())
		}
		if _, err := w.Agent(t.Context(), old.String()); fleet.KindOf(err) != fleet.NotFound {
			t.Errorf("Agent(old UID) = %v, want not found", err)
		}
		crashed := w.crash()
		if _, err := crashed.Agent(t.Context(), a.uid.String()); err != nil {
			t.Errorf("after a crash Agent(new UID) = %v", err)
		}
		w.Disconnected(a.link, old, a.uid)
		if a.view().Connected {
			t.Errorf("it is connected after its link's end")
		}
	})

	inWorld(t, "the answer may be lost with the connection", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		reply := a.say(&fleet.Report{RequestUID: true})
		w.Disconnected(a.link, a.uid)
		a.link = websocket()
		if again := a.say(&fleet.Report{RequestUID: true}); again.NewUID != reply.NewUID {
			t.Errorf("asked again it is given %v, want %v", again.NewUID, reply.NewUID)
		}
		a.adopt()
		a.heartbeat()
		if w.total() != 1 {
			t.Errorf("%d records, want 1", w.total())
		}
	})

	inWorld(t, "and the agent may take its time then", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		reply := a.say(&fleet.Report{RequestUID: true})
		old := a.uid
		w.Disconnected(a.link, old)
		a.link = websocket()
		for range 3 {
			if again := a.heartbeat(); again.NewUID != reply.NewUID {
				t.Errorf("under the old UID it is told %v, want %v", again.NewUID, reply.NewUID)
			}
		}
		if w.total() != 1 {
			t.Errorf("%d records, want 1", w.total())
		}
		w.Disconnected(a.link, old)
		if n := w.FleetStatus().Connected; n != 0 {
			t.Errorf("%d agents are connected after the end of the connection", n)
		}
	})

	inWorld(t, "also the answer to one that was not known", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		r := a.full()
		r.RequestUID = true
		reply := a.say(r)
		w.Disconnected(a.link, a.uid)
		a.link = websocket()
		r = a.full()
		r.RequestUID = true
		if again := a.say(r); again.NewUID != reply.NewUID || w.total() != 1 {
			t.Errorf("asked again it is given %v, want %v; %d records, want 1", again.NewUID, reply.NewUID, w.total())
		}
	})

	t.Run("another may take the old UID while the record is being moved", func(t *testing.T) {
		store := &busyStore{}
		w := newWorld(t, func(o *fleet.Options) { store.Store, o.Store = o.Store, store })
		first, second := w.agent(1, websocket()), w.agent(1, websocket())
		first.start()
		store.during = func() {
			store.during = nil
			second.start()
		}
		first.say(&fleet.Report{RequestUID: true})
		first.adopt()
		first.heartbeat()
		second.heartbeat()
		for _, a := range []*agent{first, second} {
			a.link.settle(true)
			a.push()
		}
		if len(first.renamed) != 1 || w.total() != 2 || w.FleetStatus().Connected != 2 {
			t.Errorf("the first was renamed to %v; %d records, %d connected; want once, two, both",
				first.renamed, w.total(), w.FleetStatus().Connected)
		}
		w.Disconnected(first.link, uidOf(1), first.uid)
		w.Disconnected(second.link, second.uid)
		if n := w.FleetStatus().Connected; n != 0 {
			t.Errorf("%d agents are connected after the end of all connections", n)
		}
	})

	inWorld(t, "clones that ask with the UID of their image get one each", func(t *testing.T, w *world) {
		seen := map[fleet.InstanceUID]bool{}
		for range 3 {
			a := w.agent(1, websocket())
			r := a.full()
			r.RequestUID = true
			reply := a.say(r)
			seen[reply.NewUID] = true
			if reply.ReportFullState {
				t.Errorf("a full first message is asked for full state")
			}
		}
		if len(seen) != 3 || w.total() != 3 {
			t.Errorf("%d UIDs given, %d records, want 3 of each", len(seen), w.total())
		}
	})
}

func TestHTTPSilence(t *testing.T) {
	w := newWorld(t)
	a := w.agent(1, plainHTTP())
	a.start()
	w.pass(60 * time.Second)
	if !a.view().Connected {
		t.Errorf("disconnected after 60 s of silence, want 90")
	}
	w.pass(40 * time.Second)
	if v := a.view(); v.Connected || v.Status != fleet.StatusDisconnected {
		t.Errorf("connected after 100 s of silence")
	}
	a.heartbeat()
	if !a.view().Connected {
		t.Errorf("not connected after another poll")
	}
}
