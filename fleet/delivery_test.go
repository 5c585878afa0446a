package fleet_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

func inWorld(t *testing.T, name string, fn func(t *testing.T, w *world)) {
	t.Run(name, func(t *testing.T) {
		fn(t, newWorld(t))
	})
}

func TestDelivery(t *testing.T) {
	inWorld(t, "an assignment reaches a connected agent, which says applied", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		c := w.config("one", "a: 1")
		w.assign(a, "one")
		if len(a.link.woken) == 0 {
			t.Errorf("the link was not woken")
		}
		a.wantState(fleet.DeliveryPending)
		a.push()
		a.wantOffers(c.Config.Hash)
		a.report(c.Config.Hash, fleet.RemoteConfigApplying, "")
		a.wantState(fleet.DeliveryApplying)
		a.report(c.Config.Hash, fleet.RemoteConfigApplied, "")
		a.wantState(fleet.DeliveryApplied)
		a.heartbeat()
		a.push()
		a.wantOffers(c.Config.Hash)
		if got := w.Stats(); got.OffersSent != 1 || got.OffersFailed != 0 {
			t.Errorf("Stats() = %+v, want one offer sent and none failed", got)
		}
	})

	inWorld(t, "a new agent that a selector takes has its configuration in its first answer", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		if reply := a.start(); reply.RemoteConfig == nil || reply.RemoteConfig.Hash != c.Config.Hash {
			t.Errorf("the first answer offers %v, want %v", reply.RemoteConfig, c.Config.Hash)
		}
	})

	inWorld(t, "what failed is not offered again, until somebody retries", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		a.start()
		a.report(c.Config.Hash, fleet.RemoteConfigFailed, "no such thing")
		v := a.view()
		if v.Config.State != fleet.DeliveryFailed || v.Config.Error != "no such thing" {
			t.Errorf("Config = %+v, want failed with the agent's error", v.Config)
		}
		for range 3 {
			a.heartbeat()
			a.push()
			a.w.Disconnected(a.link, a.uid)
			a.link = websocket()
		}
		a.wantOffers(c.Config.Hash)

		other := w.config("two", "b: 2", selecting("env=production", 10))
		a.heartbeat()
		a.wantOffers(c.Config.Hash, other.Config.Hash)
		a.report(other.Config.Hash, fleet.RemoteConfigApplied, "")
		if err := w.DeleteConfig(t.Context(), "two", fleet.WriteOptions{Detach: true}); err != nil {
			t.Fatal(err)
		}
		a.push()
		a.wantState(fleet.DeliveryFailed)
		a.wantOffers(c.Config.Hash, other.Config.Hash)

		if _, err := w.Retry(t.Context(), a.uid.String()); err != nil {
			t.Fatal(err)
		}
		a.wantState(fleet.DeliveryPending)
		a.push()
		a.wantOffers(c.Config.Hash, other.Config.Hash, c.Config.Hash)
		if got := w.Stats(); got.OffersSent != 3 || got.OffersFailed != 2 {
			t.Errorf("Stats() = %+v, want 3 sent, 2 transitions to failed", got)
		}
	})

	inWorld(t, "a retry outlives an agent that starts anew and repeats its failure", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		a.start()
		a.report(c.Config.Hash, fleet.RemoteConfigFailed, "no")
		w.Disconnected(a.link, a.uid)
		if _, err := w.Retry(t.Context(), a.uid.String()); err != nil {
			t.Fatal(err)
		}
		a.link = websocket()
		a.start()
		a.wantOffers(c.Config.Hash, c.Config.Hash)
		a.report(c.Config.Hash, fleet.RemoteConfigFailed, "no again")
		a.wantState(fleet.DeliveryFailed)
		a.heartbeat()
		a.wantOffers(c.Config.Hash, c.Config.Hash)
	})

	inWorld(t, "a retry that fails as before is asked how it went", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		a.start()
		a.report(c.Config.Hash, fleet.RemoteConfigFailed, "no")
		asked := a.fullAsked
		if _, err := w.Retry(t.Context(), a.uid.String()); err != nil {
			t.Fatal(err)
		}
		a.push()
		a.wantOffers(c.Config.Hash, c.Config.Hash)
		if got := a.fullAsked - asked; got != 1 {
			t.Fatalf("asked for the full state %d times with a retry, want once", got)
		}
		// opamp-go's client says nothing of a status that is what it was before, unless asked.
		a.say(a.full())
		a.wantState(fleet.DeliveryFailed)
		a.heartbeat()
		a.push()
		a.wantOffers(c.Config.Hash, c.Config.Hash)
		if got := a.fullAsked - asked; got != 1 {
			t.Errorf("asked for the full state %d times after a retry, want once", got)
		}
	})

	inWorld(t, "an agent that rolls itself back is not offered the same thing for ever", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		good := w.config("good", "a: 1", selecting("env=production", 0))
		a.start()
		a.report(good.Config.Hash, fleet.RemoteConfigApplied, "")
		bad := w.config("worse", "b: 2", selecting("env=production", 5))
		a.push()
		a.report(bad.Config.Hash, fleet.RemoteConfigApplying, "")
		a.report(good.Config.Hash, fleet.RemoteConfigApplied, "")
		a.wantState(fleet.DeliveryFailed)
		for range 5 {
			a.heartbeat()
			w.Disconnected(a.link, a.uid)
			a.link = websocket()
		}
		a.wantOffers(good.Config.Hash, bad.Config.Hash)
	})

	inWorld(t, "one that goes back without a word of the new one is offered it a few times at most", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		good := w.config("good", "a: 1", selecting("env=production", 0))
		a.start()
		a.report(good.Config.Hash, fleet.RemoteConfigApplied, "")
		w.config("worse", "b: 2", selecting("env=production", 5))
		for range 10 {
			a.push()
			a.report(good.Config.Hash, fleet.RemoteConfigApplied, "")
			w.Disconnected(a.link, a.uid)
			a.link = websocket()
			a.start()
		}
		if n := len(a.offered); n != 4 {
			t.Errorf("%d offers, want 1 of the good and 3 of the other", n)
		}
		a.wantState(fleet.DeliveryFailed)
		if got := a.view().Config.Error; !strings.Contains(got, "3 times") {
			t.Errorf("Config.Error = %q, want it to say how often it was offered", got)
		}
	})

	inWorld(t, "an agent that never reports a hash is offered a configuration once", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		a.caps &^= fleet.ReportsRemoteConfig
		a.start()
		a.wantState(fleet.DeliveryPending)
		w.pass(30 * time.Second)
		a.heartbeat()
		a.wantState(fleet.DeliveryApplying)
		for range 5 {
			w.Disconnected(a.link, a.uid)
			a.link = websocket()
			a.start()
			w.pass(30 * time.Second)
			a.heartbeat()
		}
		a.wantOffers(c.Config.Hash)
	})

	inWorld(t, "applied without a hash is taken to be about the offer", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		a.start()
		a.report("", fleet.RemoteConfigApplied, "")
		a.wantState(fleet.DeliveryApplied)
		w.Disconnected(a.link, a.uid)
		a.link = websocket()
		a.start()
		a.wantOffers(c.Config.Hash)
	})

	inWorld(t, "an agent that has lost its state is offered again what it ran, every time", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		for range 6 {
			a.status = &fleet.RemoteConfigStatus{}
			a.start()
			a.report(c.Config.Hash, fleet.RemoteConfigApplied, "")
			w.Disconnected(a.link, a.uid)
			a.link = websocket()
		}
		if n := len(a.offered); n != 6 {
			t.Errorf("%d offers, want 6: one for each life", n)
		}
	})

	inWorld(t, "switching to and fro is not counted against a configuration", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		one, two := w.config("one", "a: 1"), w.config("two", "b: 2")
		for range 5 {
			for _, c := range []fleet.ConfigView{one, two} {
				w.assign(a, c.Config.Name)
				a.push()
				a.report(c.Config.Hash, fleet.RemoteConfigApplied, "")
				a.wantState(fleet.DeliveryApplied)
			}
		}
		if n := len(a.offered); n != 10 {
			t.Errorf("%d offers, want 10", n)
		}
	})

	inWorld(t, "E1: nothing is offered to an agent that does not accept it", func(t *testing.T, w *world) {
		w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		a.caps &^= fleet.AcceptsRemoteConfig
		a.start()
		a.heartbeat()
		a.push()
		a.wantOffers()
		a.wantState(fleet.DeliveryUnsupported)
		if _, err := w.Assign(t.Context(), a.uid.String(), "one", 0, fleet.WriteOptions{}); fleet.KindOf(err) != fleet.Conflict {
			t.Errorf("Assign() = %v, want a conflict", err)
		}
		a.caps |= fleet.AcceptsRemoteConfig // C7: capabilities may change at any time.
		if reply := a.heartbeat(); reply.RemoteConfig == nil {
			t.Errorf("nothing is offered once the agent accepts it")
		}
	})

	inWorld(t, "a lost offer is made again on the next connection", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		a.start()
		w.Disconnected(a.link, a.uid)
		a.link = websocket()
		a.heartbeat()
		a.wantOffers(c.Config.Hash, c.Config.Hash)
		if got := w.Stats().OffersSent; got != 1 {
			t.Errorf("OffersSent = %d, want 1: one for each agent and hash", got)
		}
	})

	inWorld(t, "over plain HTTP a repeated poll has the same answer", func(t *testing.T, w *world) {
		c := w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, plainHTTP())
		first := a.full()
		a.say(first)
		a.seq--
		a.say(a.full())
		a.wantOffers(c.Config.Hash, c.Config.Hash)
		a.heartbeat()
		a.wantOffers(c.Config.Hash, c.Config.Hash)
	})

	inWorld(t, "the restart command goes alone, once", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		w.config("one", "a: 1", selecting("env=production", 0))
		if _, err := w.Restart(t.Context(), a.uid.String()); err != nil {
			t.Fatal(err)
		}
		replies := a.push()
		if len(replies) != 2 || !replies[0].Restart || replies[0].RemoteConfig != nil || replies[1].RemoteConfig == nil {
			t.Errorf("Due() = %+v, want the command alone and then the offer", replies)
		}
		w.Disconnected(a.link, a.uid)
		if _, err := w.Restart(t.Context(), a.uid.String()); fleet.KindOf(err) != fleet.Conflict {
			t.Errorf("Restart(a disconnected agent) = %v, want a conflict", err)
		}
	})
}

func TestRestartOfTheServer(t *testing.T) {
	t.Run("clean: nobody is asked for state nor sent what they run", func(t *testing.T) {
		w := newWorld(t)
		w.config("one", "a: 1", selecting("env=production", 0))
		a := w.agent(1, websocket())
		a.start()
		a.report(a.offered[0], fleet.RemoteConfigApplied, "")
		for range 5 {
			a.heartbeat()
		}
		w.Disconnected(a.link, a.uid)
		a.w = w.restart()
		a.link, a.offered = websocket(), nil
		reply := a.heartbeat()
		if reply.ReportFullState || reply.RemoteConfig != nil {
			t.Errorf("the first answer = %+v, want an acknowledgement", reply)
		}
		a.wantState(fleet.DeliveryApplied)
		v := a.view()
		if !v.Connected || v.Status != fleet.StatusHealthy || v.EffectiveConfig == nil || len(v.Agent.Health.Components) != 1 {
			t.Errorf("Agent() = %+v, want all of it back", v)
		}
	})
	t.Run("crash: full state is asked for once", func(t *testing.T) {
		w := newWorld(t)
		a := w.agent(1, websocket())
		a.start()
		w.saved()
		a.heartbeat()
		a.heartbeat()
		a.w = w.crash()
		a.link = websocket()
		if reply := a.heartbeat(); !reply.ReportFullState {
			t.Errorf("the first answer after a crash = %+v, want it to ask for full state", reply)
		}
		for range 5 {
			a.heartbeat()
		}
		a.say(a.full())
		a.heartbeat()
		if a.fullAsked != 1 {
			t.Errorf("asked for full state %d times, want once", a.fullAsked)
		}
	})
	t.Run("an assignment waits for an agent that is gone", func(t *testing.T) {
		w := newWorld(t)
		a := w.agent(1, websocket())
		a.start()
		w.Disconnected(a.link, a.uid)
		c := w.config("one", "a: 1")
		w.assign(a, "one")
		a.w = w.crash()
		a.wantState(fleet.DeliveryPending)
		a.link = websocket()
		a.start()
		a.wantOffers(c.Config.Hash)
	})
}

func TestSequence(t *testing.T) {
	inWorld(t, "C3: a gap asks for full state", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		if reply := a.start(); reply.ReportFullState {
			t.Errorf("a full first message is asked for full state")
		}
		a.seq += 3
		if reply := a.heartbeat(); !reply.ReportFullState {
			t.Errorf("a gap is answered by %+v, want it to ask for full state", reply)
		}
	})
	inWorld(t, "C5: an agent that nothing is known of is asked for full state, not for ever", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.seq = 17
		for range 20 {
			a.heartbeat()
			a.push()
		}
		if a.fullAsked != 3 {
			t.Errorf("asked for full state %d times, want 3", a.fullAsked)
		}
	})
	inWorld(t, "C2: a duplicate is answered and not processed", func(t *testing.T, w *world) {
		a := w.agent(1, websocket())
		a.start()
		a.report("", fleet.RemoteConfigUnset, "")
		a.seq--
		before := a.view().Agent.SequenceNum
		a.report("", fleet.RemoteConfigUnset, "")
		if got := a.view().Agent.SequenceNum; got != before {
			t.Errorf("SequenceNum = %d, want %d", got, before)
		}
	})
	t.Run("after a crash full states are asked for at a pace", func(t *testing.T) {
		w := newWorld(t, func(o *fleet.Options) { o.FullStateRate = 10 })
		var agents []*agent
		asked := func() (n int) {
			for _, a := range agents {
				a.push()
				n += a.fullAsked
			}
			return n
		}
		for i := range 50 {
			a := w.agent(i+1, websocket())
			a.seq = 5
			a.heartbeat()
			agents = append(agents, a)
		}
		if n := asked(); n > 2 {
			t.Errorf("%d agents were asked at once, want at most 2", n)
		}
		for range 20 {
			w.pass(100 * time.Millisecond)
			asked()
		}
		if n := asked(); n < 15 || n > 25 {
			t.Errorf("%d agents were asked in 2 s, want about 20", n)
		}
		for range 40 {
			w.pass(100 * time.Millisecond)
			asked()
		}
		if n := asked(); n != 50 {
			t.Errorf("%d of 50 agents were asked after 6 s", n)
		}
	})
}

func TestRetryWithoutFailure(t *testing.T) {
	w := newWorld(t)
	a := w.agent(1, websocket())
	a.start()
	if _, err := w.Retry(context.Background(), a.uid.String()); fleet.KindOf(err) != fleet.Conflict {
		t.Errorf("Retry() = %v, want a conflict", err)
	}
}
