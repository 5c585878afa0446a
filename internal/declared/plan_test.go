package declared

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// told is a plan in few words.
func told(changes []Change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s", c.Action, c.Name)
		if c.Renames() {
			fmt.Fprintf(&b, " from %s", c.Have.Name)
		}
		if len(c.Fields) > 0 {
			fmt.Fprintf(&b, " %s", strings.Join(c.Fields, ","))
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func mine(name, body string) Current {
	return Current{ID: "id-" + name, Name: name, Body: body, Labels: map[string]string{ManagedBy: "apply"}}
}

func TestMake(t *testing.T) {
	other := mine("edge", "1")
	other.Labels = map[string]string{ManagedBy: "apply.other"}
	theirs := Current{Name: "edge", Body: "1"}
	ours := Options{Set: "apply"}
	prune := Options{Set: "apply", Prune: true}
	adopt := Options{Set: "apply", Adopt: true}
	for name, tc := range map[string]struct {
		want []Config
		have []Current
		o    Options
		told string
	}{
		"nothing there":               {[]Config{{Name: "edge"}}, nil, ours, "create edge"},
		"the same":                    {[]Config{{Name: "edge", Body: "1"}}, []Current{mine("edge", "1")}, prune, "unchanged edge"},
		"each field":                  {[]Config{{Name: "edge", Body: "2", Description: "d", Selector: "s", Priority: 1, Labels: map[string]string{"a": "b"}}}, []Current{mine("edge", "1")}, ours, "update edge description,selector,priority,labels,config"},
		"one byte":                    {[]Config{{Name: "edge", Body: "1\r\n"}}, []Current{mine("edge", "1\n")}, ours, "update edge config"},
		"not asked to prune":          {[]Config{{Name: "a"}}, []Current{mine("edge", "1")}, ours, "create a"},
		"prune":                       {[]Config{{Name: "a"}}, []Current{mine("edge", "1")}, prune, "create a; delete edge"},
		"prune what another made":     {[]Config{{Name: "a"}}, []Current{other, {Name: "hand", Body: "1"}}, prune, "create a"},
		"of another set, the same":    {[]Config{{Name: "edge", Body: "1"}}, []Current{other}, prune, "unchanged edge"},
		"of another set":              {[]Config{{Name: "edge", Body: "2"}}, []Current{other}, prune, "refused edge config"},
		"of another set, adopted":     {[]Config{{Name: "edge", Body: "1"}}, []Current{other}, adopt, "update edge labels"},
		"by hand":                     {[]Config{{Name: "edge", Body: "2"}}, []Current{theirs}, ours, "update edge config"},
		"an empty owner":              {[]Config{{Name: "edge", Body: "1"}}, []Current{{Name: "edge", Body: "1", Labels: map[string]string{ManagedBy: ""}}}, prune, "unchanged edge"},
		"by hand, adopted":            {[]Config{{Name: "edge", Body: "1"}}, []Current{theirs}, adopt, "update edge labels"},
		"renamed":                     {[]Config{{Name: "new", Body: "1"}}, []Current{mine("edge", "1")}, prune, "update new from edge name"},
		"renamed, and not the same":   {[]Config{{Name: "new", Body: "2"}}, []Current{mine("edge", "1")}, prune, "create new; delete edge"},
		"renamed, as is said":         {[]Config{{Name: "new", Body: "2", RenamedFrom: "edge"}}, []Current{mine("edge", "1")}, ours, "update new from edge name,config"},
		"renamed by hand, as is said": {[]Config{{Name: "new", Body: "1", RenamedFrom: "edge"}}, []Current{theirs}, prune, "update new from edge name"},
		"renamed of another set":      {[]Config{{Name: "new", Body: "1", RenamedFrom: "edge"}}, []Current{other}, prune, "refused new name"},
		"renamed before":              {[]Config{{Name: "new", Body: "1", RenamedFrom: "edge"}}, []Current{mine("new", "1")}, prune, "unchanged new"},
		"renamed, and both are there": {[]Config{{Name: "new", Body: "1", RenamedFrom: "edge"}}, []Current{mine("new", "1"), mine("edge", "1")}, prune, "delete edge; unchanged new"},
		"renamed or copied":           {[]Config{{Name: "b", Body: "1"}, {Name: "c", Body: "1"}}, []Current{mine("edge", "1")}, prune, "create b; create c; delete edge"},
		"renamed, one of two":         {[]Config{{Name: "b", Body: "1"}}, []Current{mine("edge", "1"), mine("gone", "1")}, prune, "create b; delete gone; delete edge"},
	} {
		changes := Make(tc.want, tc.have, tc.o)
		if got := told(changes); got != tc.told {
			t.Errorf("%s: Make = %s, want %s", name, got, tc.told)
		}
	}
}

// TestOrder: what wins agents comes before what loses them, and each agent moves once.
func TestOrder(t *testing.T) {
	old := func(name string, priority int) Current {
		c := mine(name, "1")
		c.Priority = priority
		return c
	}
	want := []Config{
		{Name: "low", Selector: "x", Priority: 1, Body: "1"},
		{Name: "high", Selector: "x", Priority: 9, Body: "2"},
		{Name: "narrowed", Selector: "y,z", Priority: 50, Body: "3"},
		{Name: "widened", Selector: "y", Priority: 5, Body: "4"},
		{Name: "body", Body: "5"},
	}
	have := []Current{old("narrowed", 50), old("widened", 5), old("body", 0), old("gone-high", 8), old("gone-low", 2)}
	changes := Make(want, have, Options{Set: "apply", Prune: true})
	Sort(changes, func(c *Change) int { return map[string]int{"narrowed": 3}[c.Name] })
	var got []string
	for _, c := range changes {
		got = append(got, c.Name)
	}
	if want := "high low widened body narrowed gone-low gone-high"; strings.Join(got, " ") != want {
		t.Errorf("Sort = %v, want %s", got, want)
	}
}

// TestPlansConverge carries out plans over made up states: a second plan has nothing to
// do, and what the set has not made is never deleted.
func TestPlansConverge(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	for range 3000 {
		var want []Config
		var have []Current
		for _, name := range []string{"a", "b", "c", "d"} {
			if random.IntN(2) == 0 {
				w := Config{Name: name, Body: pick("1", "2", "3"), Selector: pick("", "x"), Labels: map[string]string{}}
				if random.IntN(4) == 0 {
					w.RenamedFrom = "old-" + name
				}
				want = append(want, w)
			}
			for _, name := range []string{name, "old-" + name} {
				if random.IntN(2) == 0 {
					h := Current{ID: "id-" + name, Name: name, Body: pick("1", "2", "3"), Labels: map[string]string{}}
					if owner := pick("", "apply", "apply", "apply.other"); owner != "" {
						h.Labels[ManagedBy] = owner
					}
					have = append(have, h)
				}
			}
		}
		o := Options{Set: "apply", Prune: random.IntN(2) == 0, Adopt: random.IntN(4) == 0}
		first := Make(want, have, o)
		after := carryOut(t, have, first)
		second := Make(want, after, o)
		for _, c := range second {
			if c.Action != Unchanged && c.Action != Refused {
				t.Fatalf("%+v\nwant %+v\nhave %+v: %s, and then again %s", o, want, have, told(first), told(second))
			}
		}
		for i := range have {
			gone := !slices.ContainsFunc(after, func(c Current) bool { return c.ID == have[i].ID })
			if gone && (have[i].owner() != "apply" || !o.Prune) {
				t.Fatalf("%+v: %s deleted %+v", o, told(first), have[i])
			}
		}
	}
}

// carryOut is a server that does what a plan says.
func carryOut(t *testing.T, have []Current, changes []Change) []Current {
	t.Helper()
	byID := map[string]Current{}
	for _, h := range have {
		byID[h.ID] = h
	}
	for _, c := range changes {
		switch c.Action {
		case Create:
			byID["new-"+c.Name] = Current{ID: "new-" + c.Name, Name: c.Name, Selector: c.Want.Selector, Body: c.Want.Body, Labels: c.Labels}
		case Update:
			byID[c.Have.ID] = Current{ID: c.Have.ID, Name: c.Name, Selector: c.Want.Selector, Body: c.Want.Body, Labels: c.Labels}
		case Delete:
			delete(byID, c.Have.ID)
		}
		names := map[string]bool{}
		for _, h := range byID {
			if names[h.Name] {
				t.Fatalf("%s: the name %q is taken in between", told(changes), h.Name)
			}
			names[h.Name] = true
		}
	}
	return slices.Collect(maps.Values(byID))
}

func TestSetLabel(t *testing.T) {
	for name, want := range map[string]string{"": "apply", "platform": "apply.platform", "a.b-c_9": "apply.a.b-c_9"} {
		if got, err := SetLabel(name); got != want || err != nil {
			t.Errorf("SetLabel(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"-a", "a-", "a b", "a/b", strings.Repeat("x", 51)} {
		if got, err := SetLabel(name); err == nil {
			t.Errorf("SetLabel(%q) = %q, want an error", name, got)
		}
	}
}
