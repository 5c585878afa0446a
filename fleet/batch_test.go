package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func text(s string) *string { return &s }

// outcome prints what became of each agent of a batch.
func outcome(results []fleet.BatchResult) string {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "%s %s: %v\n", r.ID, r.Name, r.Err)
	}
	return b.String()
}

// TestBatchIsManySingleActs does random batches in one fleet and the same acts one by one in its twin, and
// holds the two against each other: what was answered, what agents are, and what they are offered.
func TestBatchIsManySingleActs(t *testing.T) {
	done := map[fleet.BatchAction]int{}
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		one, two := newBatchWorld(t, rand.New(rand.NewPCG(seed, 4))), newBatchWorld(t, rand.New(rand.NewPCG(seed, 4)))
		for range 15 {
			b := randomBatch(rnd)
			got, err := one.Batch(t.Context(), b, fleet.WriteOptions{})
			if err != nil {
				t.Fatalf("Batch(%+v) = %v", b, err)
			}
			for _, r := range got {
				if r.Err == nil {
					done[b.Action]++
				}
			}
			if want := two.oneByOne(b); outcome(got) != outcome(want) {
				t.Errorf("Batch(%+v) =\n%s\nand one by one\n%s", b, outcome(got), outcome(want))
			}
			if here, there := one.everything(), two.everything(); here != there {
				t.Fatalf("after Batch(%+v)\n%s\nand after the same one by one\n%s", b, here, there)
			}
		}
		// What was done is on disk.
		after := one.crash()
		for i := range one.agents {
			a := one.agents[i].view()
			if a.Agent.Revision == 0 {
				continue // nobody has done anything to it, and what it says itself may wait to be stored
			}
			stored, err := after.Agent(t.Context(), a.Agent.UID.String())
			if err != nil || fmt.Sprint(stored.Agent.Labels) != fmt.Sprint(a.Agent.Labels) || stored.Agent.Assignment != a.Agent.Assignment {
				t.Errorf("agent %v as stored = %+v, %v, want labels %v and assignment %v",
					a.Agent.UID, stored.Agent, err, a.Agent.Labels, a.Agent.Assignment)
			}
		}
	}
	for _, action := range fleet.BatchActions() {
		if done[action] < 10 {
			t.Errorf("%s was done to %d agents in all, too few to prove anything", action, done[action])
		}
	}
}

// batchWorld is a fleet whose agents fail, accept, are away and are not able to, at random.
type batchWorld struct {
	*world
	agents []*agent
}

func newBatchWorld(t *testing.T, rnd *rand.Rand) *batchWorld {
	w := &batchWorld{world: newWorld(t, func(o *fleet.Options) { o.MaxAgents = 1000 })}
	for i := range 3 {
		v := w.config(fmt.Sprintf("c%d", i), fmt.Sprintf("first %d", i), selecting(fmt.Sprintf("group=%d,tier=gold", i), i))
		spec := fleet.ConfigSpec{Body: fmt.Appendf(nil, "second %d", i), Selector: v.Config.Selector, Priority: i}
		if _, err := w.ReplaceConfig(t.Context(), v.Config.Name, spec, fleet.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 12 {
		a := w.agent(n+1, websocket())
		a.attributes["group"] = fmt.Sprint(n % 3)
		if rnd.IntN(4) == 0 {
			a.caps &^= fleet.AcceptsRemoteConfig
		}
		if rnd.IntN(4) == 0 {
			a.caps &^= fleet.AcceptsRestartCommand
		}
		a.start()
		if rnd.IntN(4) == 0 {
			w.Disconnected(a.link, a.uid)
		}
		w.agents = append(w.agents, a)
	}
	return w
}

func randomBatch(rnd *rand.Rand) fleet.Batch {
	b := fleet.Batch{Action: fleet.BatchActions()[rnd.IntN(5)]}
	switch b.Action {
	case fleet.BatchLabels:
		b.Labels = map[string]*string{"tier": text("gold"), "n": text(fmt.Sprint(rnd.IntN(9)))}
		if rnd.IntN(3) == 0 {
			b.Labels["tier"] = nil
		}
	case fleet.BatchAssign:
		b.Config, b.Version = fmt.Sprintf("c%d", rnd.IntN(3)), rnd.IntN(3)
	}
	if rnd.IntN(2) == 0 {
		b.Selector = []string{"env=production", "group in (0,1)", "tier", "group=2"}[rnd.IntN(4)]
		return b
	}
	for range 1 + rnd.IntN(8) {
		n := 1 + rnd.IntN(14) // two more than there are
		b.IDs = append(b.IDs, []string{uidOf(n).String(), fmt.Sprintf("host-%d", n)}[rnd.IntN(2)])
	}
	return b
}

// oneByOne does what b says by the acts on one agent.
func (w *batchWorld) oneByOne(b fleet.Batch) []fleet.BatchResult {
	w.t.Helper()
	refs := b.IDs
	if b.Selector != "" {
		p, err := w.Agents(fleet.AgentQuery{Selector: b.Selector})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, v := range p.Agents {
			refs = append(refs, v.Agent.UID.String())
		}
	}
	var results []fleet.BatchResult
	seen := map[string]bool{}
	for _, ref := range refs {
		r := fleet.BatchResult{ID: ref}
		v, err := w.Agent(w.t.Context(), ref)
		if err != nil {
			r.Err = err
			results = append(results, r)
			continue
		}
		if r.ID = v.Agent.UID.String(); seen[r.ID] {
			continue
		}
		seen[r.ID] = true
		r.Err = w.single(b, ref)
		after, err := w.Agent(w.t.Context(), ref)
		if err != nil {
			w.t.Fatal(err)
		}
		r.Name = after.Agent.Name()
		results = append(results, r)
	}
	return results
}

func (w *world) single(b fleet.Batch, ref string) error {
	ctx := context.Background()
	var err error
	switch b.Action {
	case fleet.BatchLabels:
		_, err = w.PatchLabels(ctx, ref, b.Labels, fleet.WriteOptions{})
	case fleet.BatchAssign:
		_, err = w.Assign(ctx, ref, b.Config, b.Version, fleet.WriteOptions{})
	case fleet.BatchUnassign:
		_, err = w.Unassign(ctx, ref, fleet.WriteOptions{})
	case fleet.BatchRetry:
		_, err = w.Retry(ctx, ref)
	case fleet.BatchRestart:
		_, err = w.Restart(ctx, ref)
	}
	return err
}

// everything prints what agents are after they have taken what was due; every third one fails.
func (w *batchWorld) everything() string {
	var b strings.Builder
	for i, a := range w.agents {
		before := len(a.offered)
		a.push()
		if len(a.offered) > before && i%3 == 0 {
			a.report(a.offered[len(a.offered)-1], fleet.RemoteConfigFailed, "no")
		}
		v := a.view()
		v.Config.ConfigID = "" // made at random
		fmt.Fprintf(&b, "%s: labels %v, revision %d, config %+v, offers %v, restarts %d\n",
			v.Agent.Name(), v.Agent.Labels, v.Agent.Revision, v.Config, a.offered, a.restartAsked)
	}
	return b.String()
}

func TestBatchRefusesWhatMakesNoSense(t *testing.T) {
	w := newWorld(t)
	w.agent(1, websocket()).start()
	w.config("c", "1")
	ids := []string{"host-1"}
	label := map[string]*string{"a": text("b")}
	for _, c := range []struct {
		b    fleet.Batch
		kind fleet.Kind
	}{
		{fleet.Batch{Action: fleet.BatchRestart}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchRestart, Selector: " "}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchRestart, Selector: "env", IDs: ids}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchRestart, Selector: "env in ("}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchRestart, IDs: make([]string, fleet.MaxBatchIDs+1)}, fleet.Invalid},
		{fleet.Batch{Action: "forget", IDs: ids}, fleet.Invalid},
		{fleet.Batch{IDs: ids}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchLabels, IDs: ids}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchRetry, IDs: ids, Labels: label}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchAssign, IDs: ids}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchUnassign, IDs: ids, Config: "c"}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchUnassign, IDs: ids, Version: 1}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchAssign, IDs: ids, Config: "c", Version: -1}, fleet.Invalid},
		{fleet.Batch{Action: fleet.BatchAssign, IDs: ids, Config: "c", Version: 2}, fleet.NotFound},
		{fleet.Batch{Action: fleet.BatchAssign, IDs: ids, Config: "nothing"}, fleet.NotFound},
		{fleet.Batch{Action: fleet.BatchLabels, IDs: ids, Labels: map[string]*string{"": text("x")}}, fleet.Unprocessable},
	} {
		if got, err := w.Batch(t.Context(), c.b, fleet.WriteOptions{}); fleet.KindOf(err) != c.kind || err == nil || got != nil {
			t.Errorf("Batch(%+v) = %v, %v, want an error that is %v", c.b.Action, got, err, c.kind)
		}
	}
	got, err := w.Batch(t.Context(), fleet.Batch{Action: fleet.BatchRestart, Selector: "env=nowhere"}, fleet.WriteOptions{})
	if err != nil || len(got) != 0 {
		t.Errorf("Batch(nobody) = %v, %v, want no results", got, err)
	}
}

func TestBatchNeedsConfirmation(t *testing.T) {
	w := newWorld(t) // the guard is at 3
	w.config("c", "first")
	if _, err := w.ReplaceConfig(t.Context(), "c", fleet.ConfigSpec{Body: []byte("second")}, fleet.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	w.config("gold", "gold", selecting("tier=gold", 0))
	var agents []*agent
	for n := range 6 {
		a := w.agent(n+1, websocket())
		if n == 5 {
			a.caps = fleet.ReportsStatus // can do nothing, so it does not count
		}
		a.start()
		agents = append(agents, a)
	}
	all := "env=production"
	for _, b := range []fleet.Batch{
		{Action: fleet.BatchAssign, Selector: all, Config: "c", Version: 1},
		{Action: fleet.BatchAssign, Selector: all, Config: "c"},
		{Action: fleet.BatchLabels, Selector: all + ",host.name!=host-0", Labels: map[string]*string{"tier": text("gold")}},
		{Action: fleet.BatchUnassign, Selector: all},
		{Action: fleet.BatchRetry, Selector: all},
		{Action: fleet.BatchRestart, Selector: all},
	} {
		if b.Action == fleet.BatchLabels { // as assigned ones they would not be reached
			b.Labels["name"] = nil
			for _, a := range agents[:5] {
				if _, err := w.Unassign(t.Context(), a.uid.String(), fleet.WriteOptions{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if b.Action == fleet.BatchUnassign { // the selector takes them back
			for _, a := range agents[:5] {
				w.assign(a, "c")
			}
		}
		if b.Action == fleet.BatchRetry {
			for _, a := range agents[:5] {
				a.push()
				a.report(a.offered[len(a.offered)-1], fleet.RemoteConfigFailed, "no")
			}
		}
		before := (&batchWorld{world: w, agents: agents}).revisions()
		_, err := w.Batch(t.Context(), b, fleet.WriteOptions{Confirm: 4})
		if fleet.KindOf(err) != fleet.Conflict || !strings.Contains(fmt.Sprint(err), "confirm_agents=5") {
			t.Errorf("Batch(%s) that confirms 4 of 5 = %v, want a conflict", b.Action, err)
		}
		if after := (&batchWorld{world: w, agents: agents}).revisions(); after != before {
			t.Errorf("after a refused Batch(%s) the agents are\n%s\nwant\n%s", b.Action, after, before)
		}
		got, err := w.Batch(t.Context(), b, fleet.WriteOptions{Confirm: 5})
		if err != nil || len(got) != 6 {
			t.Errorf("Batch(%s) that confirms 5 = %v, %v, want 6 results", b.Action, got, err)
		}
	}
}

func (w *batchWorld) revisions() string {
	var b strings.Builder
	for _, a := range w.agents {
		v := a.view()
		fmt.Fprintf(&b, "%d %v %+v\n", v.Agent.Revision, v.Agent.Labels, v.Config)
	}
	return b.String()
}

// brittle is a store that does so many Updates and then fails.
type brittle struct {
	fleet.Store
	left, done int
}

var errDisk = errors.New("no space left on device")

func (s *brittle) Update(ctx context.Context, fn func(fleet.Tx) error) error {
	if s.left == 0 {
		return &fleet.Error{Kind: fleet.Unavailable, Msg: "the disk is full", Err: errDisk}
	}
	s.left--
	s.done++
	return s.Store.Update(ctx, fn)
}

func TestBatchThatCannotBeStored(t *testing.T) {
	disk := &brittle{left: 1 << 30}
	w := newWorld(t, func(o *fleet.Options) {
		if disk.Store == nil { // what is opened after a crash has a disk of its own
			disk.Store, o.Store = o.Store, disk
		}
		o.MaxAgents = 10_000
	})
	const agents = 4800
	for n := range agents {
		w.agent(n+1, websocket()).start()
	}
	w.saved()
	b := fleet.Batch{Action: fleet.BatchLabels, Selector: "env=production", Labels: map[string]*string{"round": text("1")}}
	before := disk.done
	if got, err := w.Batch(t.Context(), b, fleet.WriteOptions{}); err != nil || len(got) != agents {
		t.Fatalf("Batch() = %d results, %v, want %d", len(got), err, agents)
	}
	if n := disk.done - before; n != 3 {
		t.Errorf("Batch() of %d agents made %d transactions, want 3", agents, n)
	}

	b.Labels["round"] = text("2")
	disk.left = 1
	got, err := w.Batch(t.Context(), b, fleet.WriteOptions{})
	if err != nil || len(got) != agents {
		t.Fatalf("Batch() on a disk that becomes full = %d results, %v, want %d", len(got), err, agents)
	}
	stored := w.crash()
	for i, r := range got {
		want, kind := "2", fleet.Internal
		if i >= 2000 {
			want, kind = "1", fleet.Unavailable
		}
		here, err1 := w.Agent(t.Context(), r.ID)
		there, err2 := stored.Agent(t.Context(), r.ID)
		if err1 != nil || err2 != nil || here.Agent.Labels["round"] != want || there.Agent.Labels["round"] != want ||
			(r.Err == nil) != (i < 2000) || fleet.KindOf(r.Err) != kind || r.Name != here.Agent.Name() {
			t.Fatalf("agent %d: %+v; in memory %v, stored %v, want round %s in both", i, r, here.Agent.Labels, there.Agent.Labels, want)
		}
	}
	disk.left = 0
	if got, err := w.Batch(t.Context(), b, fleet.WriteOptions{}); fleet.KindOf(err) != fleet.Unavailable || got != nil {
		t.Errorf("Batch() on a full disk = %d results, %v, want none and unavailable", len(got), err)
	}
	// A restart needs no disk.
	restart := fleet.Batch{Action: fleet.BatchRestart, IDs: []string{"host-1"}}
	if got, err := w.Batch(t.Context(), restart, fleet.WriteOptions{}); err != nil || len(got) != 1 || got[0].Err != nil {
		t.Errorf("Batch(restart) on a full disk = %v, %v, want it done", got, err)
	}
	disk.left = 1 << 30
}

func TestBatchNamesAgentsAsSingleActsDo(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		a := w.agent(n+1, websocket())
		a.attributes["host.name"] = "twin"
		a.attributes["service.instance.id"] = fmt.Sprintf("instance-%d", n+1)
		a.start()
	}
	got, err := w.Batch(t.Context(), fleet.Batch{
		Action: fleet.BatchRestart, IDs: []string{"instance-2", "twin", uidOf(1).String(), "nobody", "instance-1", strings.ReplaceAll(uidOf(2).String(), "-", "")},
	}, fleet.WriteOptions{})
	if err != nil || len(got) != 4 {
		t.Fatalf("Batch() = %v, %v, want 4 results", got, err)
	}
	for i, want := range []struct {
		id   string
		kind fleet.Kind
	}{{uidOf(2).String(), fleet.Internal}, {"twin", fleet.Conflict}, {uidOf(1).String(), fleet.Internal}, {"nobody", fleet.NotFound}} {
		if r := got[i]; r.ID != want.id || fleet.KindOf(r.Err) != want.kind || (r.Err == nil) != (want.kind == fleet.Internal) {
			t.Errorf("Batch()[%d] = %+v, want %s", i, r, want.id)
		}
	}
}
