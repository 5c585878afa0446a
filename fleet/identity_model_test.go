package fleet_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// TestIdentityModel lets agents and clones of them speak over links of every
// kind, ask for UIDs and move about at random. When all have gone, nobody may
// be left connected, nothing may be remembered for ever, and what is stored is
// what is in memory.
func TestIdentityModel(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			runIdentityModel(t, rand.New(rand.NewPCG(seed, 2)))
		})
	}
}

// carrier is a link with the UIDs that came and went over it.
type carrier struct {
	*fakeLink
	carried map[fleet.InstanceUID]bool
	ended   bool
}

func runIdentityModel(t *testing.T, rnd *rand.Rand) {
	w := newWorld(t, func(o *fleet.Options) { o.MaxAgents = 100 })
	w.config("one", "a: 1", selecting("env=production", 0))
	carry := func(l *fakeLink) *carrier { return &carrier{fakeLink: l, carried: map[fleet.InstanceUID]bool{}} }
	polls := carry(plainHTTP())
	gateways := []*carrier{carry(gateway()), carry(gateway())}
	var agents []*agent
	on := map[*agent]*carrier{}
	var all []*carrier
	for i := range 6 {
		a := w.agent(i/2+1, nil) // each UID is that of two
		a.address = fmt.Sprintf("127.0.0.1:%d", 1000+i)
		agents = append(agents, a)
	}
	leave := func(c *carrier) {
		for uid := range c.carried {
			w.Disconnected(c.fakeLink, uid)
		}
		c.ended = true
		c.fakeLink.settle(false)
	}
	for range 400 {
		a := agents[rnd.IntN(len(agents))]
		if on[a] == nil || rnd.IntN(12) == 0 {
			if c := on[a]; c != nil && !c.shared && rnd.IntN(3) > 0 {
				leave(c) // else it stays half-open
			}
			c := []*carrier{polls, gateways[0], gateways[1], carry(websocket()), carry(websocket())}[rnd.IntN(5)]
			on[a], a.link, all = c, c.fakeLink, append(all, c)
		}
		c := on[a]
		c.carried[a.uid] = true
		switch rnd.IntN(12) {
		case 0:
			a.start()
		case 1:
			a.say(&fleet.Report{Capabilities: a.caps, RequestUID: true})
		case 2:
			r := a.full()
			r.RequestUID, a.seq = true, 0
			a.say(r)
		case 3:
			w.pass(time.Duration(rnd.IntN(40)) * time.Second)
		case 4:
			c.fakeLink.settle(rnd.IntN(2) == 0)
		case 5:
			a.say(&fleet.Report{Disconnecting: true})
		case 6:
			a.seq += 2
			a.heartbeat()
		default:
			a.heartbeat()
			a.push()
		}
		for _, uid := range a.renamed {
			c.carried[uid] = true
		}
		if n := len(a.renamed); n > 0 && rnd.IntN(3) > 0 {
			a.uid = a.renamed[n-1]
			a.renamed = nil
		}
		c.carried[a.uid] = true
		if !w.Sound() {
			t.Fatal("the fleet's order and its map differ")
		}
	}
	for range 20 { // One trial may lead to the next.
		for _, c := range all {
			c.fakeLink.settle(!c.ended && rnd.IntN(2) == 0)
		}
	}
	if n := w.Contested(); n != 0 {
		t.Errorf("%d agents wait for a trial to end, and there is none", n)
	}
	for _, c := range all {
		if c != polls {
			leave(c)
		}
	}
	w.pass(100 * time.Second)
	if n := w.FleetStatus().Connected; n != 0 {
		t.Errorf("%d agents are connected after all have gone", n)
	}
	w.pass(11 * time.Minute)
	if n := w.Remembered(); n != 0 {
		t.Errorf("%d UIDs given out are remembered after all have gone", n)
	}
	if here, there := w.total(), w.crash().total(); here != there {
		t.Errorf("%d records in memory, %d stored", here, there)
	}
}
