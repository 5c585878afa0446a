package fleet_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

// meant is which configuration is meant for an agent: what an operator sees of it.
type meant struct {
	name   string // the agent's
	config fleet.ConfigState
}

func (w *world) meant() map[fleet.InstanceUID]meant {
	w.t.Helper()
	p, err := w.Agents(fleet.AgentQuery{Page: fleet.Page{Size: 1000}})
	if err != nil {
		w.t.Fatalf("Agents() = %v", err)
	}
	out := map[fleet.InstanceUID]meant{}
	for _, v := range p.Agents {
		out[v.Agent.UID] = meant{v.Agent.Name(), v.Config}
	}
	return out
}

// happened says what became of the agents between two moments, in the words of a preview. It knows
// nothing of how the preview is made.
func happened(id fleet.ConfigID, before, after map[fleet.InstanceUID]meant) fleet.Preview {
	var p fleet.Preview
	ref := func(s fleet.ConfigState) *fleet.ConfigRef {
		if s.Source == fleet.SourceNone {
			return nil
		}
		return &fleet.ConfigRef{ID: s.ConfigID, Name: s.Name}
	}
	for uid, a := range after {
		b := before[uid]
		had, has := b.config.ConfigID == id, a.config.ConfigID == id
		change := fleet.PreviewChange{UID: uid, Name: a.name, From: ref(b.config), To: ref(a.config)}
		if has {
			p.Total++
		}
		switch {
		case has && !had:
			p.Gains++
			change.Kind = fleet.PreviewGains
		case had && !has:
			p.Loses++
			change.Kind = fleet.PreviewLoses
		case has && a.config.Hash != b.config.Hash:
			p.Updates++
			change.Kind = fleet.PreviewUpdates
		default:
			continue
		}
		p.Changes = append(p.Changes, change)
	}
	slices.SortFunc(p.Changes, func(x, y fleet.PreviewChange) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.UID.String(), y.UID.String()))
	})
	return p
}

// describe prints what a preview says of agents, so that two can be compared.
func describe(p fleet.Preview) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d: gains %d, loses %d, updates %d\n", p.Total, p.Gains, p.Loses, p.Updates)
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "%v %s %s: %s to %s\n", c.UID, c.Name, c.Kind, name(c.From), name(c.To))
	}
	return b.String()
}

func name(r *fleet.ConfigRef) string {
	if r == nil {
		return "nothing"
	}
	return r.Name
}

// TestPreviewIsWhatHappens makes random changes to random fleets, previews each, and holds the preview
// against what then happens, the guard's number included.
func TestPreviewIsWhatHappens(t *testing.T) {
	var changes int
	for seed := range uint64(40) {
		changes += previewRandomChanges(t, rand.New(rand.NewPCG(seed, 7)))
	}
	if changes < 1000 {
		t.Errorf("%d agents changed hands in all, too few to prove anything", changes)
	}
}

func previewRandomChanges(t *testing.T, rnd *rand.Rand) (changes int) {
	w := newWorld(t, func(o *fleet.Options) { o.MaxAgents = -1 })
	var agents []*agent
	for n := range 20 {
		a := w.agent(n+1, websocket())
		a.attributes["group"] = fmt.Sprint(n % 4)
		if rnd.IntN(5) == 0 {
			a.caps &^= fleet.AcceptsRemoteConfig
		}
		a.start()
		if rnd.IntN(5) == 0 {
			w.Disconnected(a.link, a.uid)
		}
		agents = append(agents, a)
	}
	selectors := []string{"", "group=0", "group in (0,1)", "group!=2", "env=production", "tier=gold", "!tier", "group=3,tier"}
	names := []string{"a", "b", "c", "d"}
	exists := map[string]bool{}
	for range 40 {
		switch a := agents[rnd.IntN(len(agents))]; rnd.IntN(6) {
		case 0:
			tier := "gold"
			labels := map[string]*string{"tier": &tier}
			if rnd.IntN(2) == 0 {
				labels["tier"] = nil
			}
			if _, err := w.PatchLabels(t.Context(), a.uid.String(), labels, fleet.WriteOptions{}); err != nil {
				t.Fatal(err)
			}
		case 1:
			// Those that do not accept remote configuration refuse; that is as good as nothing here.
			if config := names[rnd.IntN(len(names))]; exists[config] {
				_, _ = w.Assign(t.Context(), a.uid.String(), config, rnd.IntN(2), fleet.WriteOptions{})
			}
		case 2:
			if _, err := w.Unassign(t.Context(), a.uid.String(), fleet.WriteOptions{}); err != nil {
				t.Fatal(err)
			}
		default:
			spec := fleet.ConfigSpec{
				Name: names[rnd.IntN(len(names))], Body: fmt.Append(nil, rnd.IntN(3)),
				Selector: selectors[rnd.IntN(len(selectors))], Priority: rnd.IntN(3),
			}
			changes += previewThenWrite(t, w, spec, exists[spec.Name])
			exists[spec.Name] = true
		}
	}
	return changes
}

func previewThenWrite(t *testing.T, w *world, spec fleet.ConfigSpec, exists bool) (changes int) {
	ref := ""
	if exists {
		ref = spec.Name
	}
	before := w.meant()
	preview, err := w.Preview(ref, spec)
	if err != nil || len(preview.Findings) > 0 || preview.Truncated {
		t.Fatalf("Preview(%q, %+v) = %+v, %v, want no findings", ref, spec, preview, err)
	}
	write := func(confirm int) (fleet.ConfigView, error) {
		if exists {
			return w.ReplaceConfig(context.Background(), ref, spec, fleet.WriteOptions{Confirm: confirm})
		}
		return w.CreateConfig(context.Background(), spec, fleet.WriteOptions{Confirm: confirm})
	}
	if preview.Confirm != (preview.Reached > 0) {
		t.Errorf("Preview() = %d reached, confirm %v, where every write has to be confirmed", preview.Reached, preview.Confirm)
	}
	if preview.Reached > 0 {
		if _, err := write(preview.Reached - 1); fleet.KindOf(err) != fleet.Conflict {
			t.Errorf("a write that confirms one fewer than the %d of the preview = %v, want a conflict", preview.Reached, err)
		}
	}
	v, err := write(preview.Reached)
	if err != nil {
		t.Fatalf("a write that confirms the %d of the preview = %v", preview.Reached, err)
	}
	want := happened(v.Config.ID, before, w.meant())
	if describe(preview) != describe(want) {
		t.Errorf("Preview(%q, %+v) said\n%s\nand what happened is\n%s", ref, spec, describe(preview), describe(want))
	}
	return len(want.Changes)
}

func TestPreviewOfWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	w.agent(1, websocket()).start()
	w.config("taken", "1")
	w.config("mine", "1", selecting("env=production", 0))
	for _, c := range []struct {
		ref   string
		spec  fleet.ConfigSpec
		codes string
		total int
	}{
		{"mine", fleet.ConfigSpec{Body: []byte("2"), Selector: "env=production"}, "", 1},
		{"mine", fleet.ConfigSpec{Name: "taken", Body: []byte("2"), Selector: "env=production"}, "name-taken", 1},
		{"", fleet.ConfigSpec{Name: "mine", Body: []byte("2"), Selector: "env=production", Priority: 1}, "name-taken", 1},
		{"", fleet.ConfigSpec{Body: []byte("2"), Selector: "env=production", Priority: 1}, "invalid-name", 1},
		{"mine", fleet.ConfigSpec{Body: []byte("bad"), Selector: "env=production"}, "bad", 1},
		{"", fleet.ConfigSpec{Body: []byte("bad"), Selector: "env in ("}, "invalid-name bad invalid-selector", 0},
		{"mine", fleet.ConfigSpec{Body: []byte("2"), Selector: "env" + strings.Repeat(",env", 64)}, "too-long", 0},
	} {
		p, err := w.Preview(c.ref, c.spec)
		var codes []string
		for _, f := range p.Findings {
			codes = append(codes, f.Code)
		}
		if got := strings.Join(codes, " "); err != nil || got != c.codes || p.Total != c.total {
			t.Errorf("Preview(%q, %+v) = findings %q, total %d, %v, want %q and %d", c.ref, c.spec, got, p.Total, err, c.codes, c.total)
		}
	}
	if _, err := w.Preview("nothing", fleet.ConfigSpec{}); fleet.KindOf(err) != fleet.NotFound {
		t.Errorf("Preview(nothing) = %v, want not found", err)
	}
	if v, err := w.Config(t.Context(), "mine"); err != nil || v.Config.Revision != 1 {
		t.Errorf("Config(mine) after previews = %+v, %v, want it unchanged", v.Config, err)
	}
}

func TestPreviewListsTheFirstByName(t *testing.T) {
	w := newWorld(t)
	for n := range 120 {
		a := w.agent(n+1, websocket())
		a.attributes["host.name"] = fmt.Sprintf("Host-%03d", 120-n)
		a.start()
	}
	p, err := w.Preview("", fleet.ConfigSpec{Name: "new", Body: []byte("1"), Selector: "env=production"})
	if err != nil || p.Total != 120 || p.Gains != 120 || p.Reached != 120 || !p.Confirm || !p.Truncated || len(p.Changes) != 100 {
		t.Fatalf("Preview() = %+v, %v, want 120 that gain it, and the first 100", p, err)
	}
	for i, c := range p.Changes {
		if want := fmt.Sprintf("Host-%03d", i+1); c.Name != want || c.From != nil || *c.To != (fleet.ConfigRef{Name: "new"}) {
			t.Errorf("Preview().Changes[%d] = %+v, want %s, from nothing to new", i, c, want)
		}
	}
}

// BenchmarkPreview asks what a change means for 10,000 agents among 20 configurations.
func BenchmarkPreview(b *testing.B) {
	w := newWorld(b, func(o *fleet.Options) { o.MaxAgents = 10_000 })
	for n := range 10_000 {
		a := w.agent(n+1, websocket())
		a.attributes["group"] = fmt.Sprint(n % 40)
		a.start()
	}
	for n := range 20 {
		w.config(fmt.Sprintf("c%d", n), fmt.Sprint(n), selecting(fmt.Sprintf("group in (%d,%d)", n, n+20), n))
	}
	spec := fleet.ConfigSpec{Body: []byte("new"), Selector: "env=production", Priority: 50}
	for b.Loop() {
		if p, err := w.Preview("c3", spec); err != nil || p.Gains != 9_500 || p.Updates != 500 {
			b.Fatalf("Preview() = %+v, %v", p, err)
		}
	}
}
