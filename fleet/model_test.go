package fleet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// behaviour is how a simulated agent treats what it is offered.
type behaviour int

const (
	obedient behaviour = iota // applies
	failing                   // reports FAILED
	silent                    // never names a hash
	rolling                   // applies, then goes back to what it had
	behaviours
)

// TestModel lets agents of every kind connect, lose connections, start anew and
// be configured at random, and operators and crashes interfere; then it lets
// things settle and holds what is against what ought to be.
func TestModel(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			runModel(t, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

type modelAgent struct {
	*agent
	how      behaviour
	running  fleet.ConfigHash
	received []fleet.ConfigHash
}

func runModel(t *testing.T, rnd *rand.Rand) {
	w := newWorld(t, func(o *fleet.Options) { o.MaxAgents = 100 })
	var agents []*modelAgent
	for i := range 12 {
		m := &modelAgent{agent: w.agent(i+1, websocket()), how: behaviour(rnd.IntN(int(behaviours)))}
		if m.how == silent {
			m.caps &^= fleet.ReportsRemoteConfig
		}
		m.attributes["group"] = fmt.Sprint(i % 3)
		agents = append(agents, m)
	}
	names := []string{"c0", "c1", "c2"}
	exists := map[string]bool{}
	for step := range 300 {
		m := agents[rnd.IntN(len(agents))]
		switch rnd.IntN(12) {
		case 0:
			m.disconnect()
			m.link = websocket()
			m.start() // the process starts anew
		case 1:
			m.disconnect()
			m.link = websocket()
			if m.started {
				m.heartbeat() // the connection alone is new
			}
		case 2:
			name := names[rnd.IntN(len(names))]
			spec := fleet.ConfigSpec{
				Name: name, Body: []byte(fmt.Sprintf("%s: %d", name, rnd.IntN(4))),
				Selector: fmt.Sprintf("group=%d", rnd.IntN(3)), Priority: rnd.IntN(3),
			}
			var err error
			if exists[name] {
				_, err = w.ReplaceConfig(t.Context(), name, spec, fleet.WriteOptions{})
			} else {
				_, err = w.CreateConfig(t.Context(), spec, fleet.WriteOptions{})
			}
			if err != nil {
				t.Fatalf("step %d: %v", step, err)
			}
			exists[name] = true
		case 3:
			if name := names[rnd.IntN(len(names))]; exists[name] && m.started {
				w.assign(m.agent, name)
			}
		case 4:
			if m.started {
				if _, err := w.Unassign(t.Context(), m.uid.String(), fleet.WriteOptions{}); err != nil {
					t.Fatal(err)
				}
			}
		case 5:
			if rnd.IntN(4) == 0 {
				for _, other := range agents {
					other.disconnect()
					other.link = websocket()
				}
				if rnd.IntN(2) == 0 {
					w = w.crash()
				} else {
					w = w.restart()
				}
				for _, other := range agents {
					other.w = w
					// One whose first words were lost in a crash is as good as new.
					_, err := w.Agent(t.Context(), other.uid.String())
					other.started = err == nil
				}
			}
		case 6:
			w.pass(2 * time.Second)
		case 7:
			if m.started && m.view().Config.State == fleet.DeliveryFailed && rnd.IntN(3) == 0 {
				if _, err := w.Retry(t.Context(), m.uid.String()); err != nil {
					t.Fatal(err)
				}
			}
		default:
			if m.started {
				m.heartbeat()
				m.push()
			}
		}
		m.live(rnd)
	}
	// Let it settle: everybody connects and hears what there is to hear.
	for range 12 {
		for _, m := range agents {
			if !m.started {
				m.start()
			}
			m.heartbeat()
			m.push()
			m.live(rnd)
			w.pass(6 * time.Second)
		}
	}
	for _, m := range agents {
		m.check(t)
		before := len(m.offered)
		for range 3 {
			m.disconnect()
			m.link = websocket()
			m.heartbeat()
			m.push()
			w.pass(6 * time.Second)
			m.heartbeat()
		}
		if m.how != rolling && len(m.offered) > before {
			t.Errorf("agent %v (%v) was offered %v again after all had settled", m.uid, m.how, m.offered[before:])
		}
	}
	// What is in memory and what is on disk are the same.
	w.saved()
	other := w.crash()
	for _, m := range agents {
		here := m.view()
		m.w = other
		there := m.view()
		m.w = w
		for _, v := range []*fleet.AgentView{&here, &there} {
			v.Agent.LastSeenAt, v.Agent.ConnectedAt, v.Agent.SequenceNum = time.Time{}, time.Time{}, 0
			v.Connected, v.Status = false, ""
		}
		one, two := asJSON(t, here), asJSON(t, there)
		if one != two {
			t.Errorf("agent %v in memory\n%s\nand as stored\n%s", m.uid, one, two)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (m *modelAgent) disconnect() { m.w.Disconnected(m.link, m.uid) }

// live lets the agent act on what it was told.
func (m *modelAgent) live(rnd *rand.Rand) {
	for range 3 {
		if m.fullAsked > 0 {
			m.fullAsked = 0
			m.say(m.full())
		}
		if len(m.offered) == len(m.received) {
			return
		}
		hash := m.offered[len(m.offered)-1]
		m.received = append(m.received, m.offered[len(m.received):]...)
		switch m.how {
		case obedient:
			if rnd.IntN(2) == 0 {
				m.report(hash, fleet.RemoteConfigApplying, "")
			}
			m.report(hash, fleet.RemoteConfigApplied, "")
			m.running = hash
		case failing:
			m.report(hash, fleet.RemoteConfigFailed, "no")
		case rolling:
			before := m.running
			m.report(hash, fleet.RemoteConfigApplying, "")
			if before == "" {
				before = fleet.NewRemoteConfig([]byte("of old")).Hash
			}
			m.report(before, fleet.RemoteConfigApplied, "")
		case silent:
			m.running = hash
		}
	}
}

// check holds the agent's state against its behaviour once all has settled.
func (m *modelAgent) check(t *testing.T) {
	v := m.view()
	if v.Config.Source == fleet.SourceNone {
		if v.Config.State != fleet.DeliveryUnassigned {
			t.Errorf("agent %v: state %q with nothing meant for it", m.uid, v.Config.State)
		}
		return
	}
	want := map[behaviour]fleet.DeliveryState{
		obedient: fleet.DeliveryApplied, failing: fleet.DeliveryFailed, rolling: fleet.DeliveryFailed, silent: fleet.DeliveryApplying,
	}[m.how]
	if v.Config.State != want {
		t.Errorf("agent %v (%v): state %q, want %q; config %+v, outcomes %+v, last %v",
			m.uid, m.how, v.Config.State, want, v.Config, v.Agent.Outcomes, v.Agent.RemoteConfigStatus)
	}
	if (m.how == obedient || m.how == silent) && m.running != v.Config.Hash {
		t.Errorf("agent %v (%v) runs %v, want %v", m.uid, m.how, m.running, v.Config.Hash)
	}
}

// TestConcurrentUse has everybody at it at once, for the race detector, and
// then expects memory and store to agree.
func TestConcurrentUse(t *testing.T) {
	w := newWorld(t, func(o *fleet.Options) { o.MaxAgents, o.FlushInterval = 1000, time.Millisecond })
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			a := w.agent(i+1, websocket())
			for n := range 60 {
				a.link = websocket()
				a.start()
				a.heartbeat()
				a.push()
				if len(a.offered) > 0 {
					a.report(a.offered[len(a.offered)-1], fleet.RemoteConfigApplied, "")
				}
				if n%5 == 4 {
					a.say(&fleet.Report{RequestUID: true})
					old := a.uid
					a.adopt()
					a.heartbeat()
					w.Disconnected(a.link, old)
				}
				w.Disconnected(a.link, a.uid)
			}
		})
	}
	for i := range 3 {
		wg.Go(func() {
			ctx := context.Background()
			name := fmt.Sprintf("config-%d", i)
			for n := range 40 {
				spec := fleet.ConfigSpec{Name: name, Body: []byte(fmt.Sprint(n)), Selector: "env=production", Priority: n % 3}
				if _, err := w.CreateConfig(ctx, spec, fleet.WriteOptions{}); err != nil {
					t.Errorf("CreateConfig() = %v", err)
				}
				p, err := w.Agents(fleet.AgentQuery{})
				if err != nil {
					t.Errorf("Agents() = %v", err)
				}
				for _, v := range p.Agents {
					if _, err := w.Assign(ctx, v.Agent.UID.String(), name, 0, fleet.WriteOptions{}); err != nil && fleet.KindOf(err) != fleet.NotFound {
						t.Errorf("Assign() = %v", err)
					}
					if _, err := w.Agent(ctx, v.Agent.UID.String()); err != nil && fleet.KindOf(err) != fleet.NotFound {
						t.Errorf("Agent() = %v", err)
					}
				}
				w.FleetStatus()
				if err := w.DeleteConfig(ctx, name, fleet.WriteOptions{Detach: true}); err != nil {
					t.Errorf("DeleteConfig() = %v", err)
				}
			}
		})
	}
	wg.Wait()
	if got := w.total(); got != 8 {
		t.Errorf("%d records, want 8", got)
	}
	again := w.restart()
	if got := again.total(); got != 8 {
		t.Errorf("%d records after a restart, want 8", got)
	}
	w.log.Reset()
}
