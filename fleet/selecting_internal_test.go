package fleet

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// oneByOne is what selectors.first is to find, by trying them all in their order.
func oneByOne(entries []*configEntry, a *Agent) *configEntry {
	for _, e := range entries {
		if e.selector.Matches(agentLabels{a}) {
			return e
		}
	}
	return nil
}

// TestSelectorsAgree: whatever the selectors are, the winner is that of trying them all.
func TestSelectorsAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	key := func() string { return pick("env", "site", "tier", "service.name") }
	value := func() string { return pick("a", "b", "c", "1", "2") }
	taken := 0
	for range 400 {
		entries := map[ConfigID]*configEntry{}
		for i := range random.IntN(30) {
			var parts []string
			for range 1 + random.IntN(3) {
				parts = append(parts, fmt.Sprintf(pick(
					"%[1]s=%[2]s", "%[1]s==%[2]s", "%[1]s in (%[2]s,%[3]s)", "%[1]s!=%[2]s", "%[1]s notin (%[2]s,%[3]s)", "%[1]s", "!%[1]s", "%[1]s>1",
				), key(), value(), value()))
			}
			c := Config{ID: ConfigID(fmt.Sprint(i)), Name: fmt.Sprint("c", i), Selector: strings.Join(parts, ","), Priority: random.IntN(3)}
			e, err := newConfigEntry(c, nil)
			if err != nil {
				t.Fatal(err)
			}
			entries[c.ID] = e
		}
		c := newCatalog(entries)
		for range 30 {
			a := &Agent{Labels: map[string]string{}}
			var attributes []Attribute
			for range random.IntN(4) {
				if random.IntN(2) == 0 {
					a.Labels[key()] = value()
				} else {
					attributes = append(attributes, Attribute{Key: key(), Value: value()})
				}
			}
			a.Description.NonIdentifying = NewAttributes(attributes)
			got, want := c.selecting.first(a), oneByOne(c.selecting.entries, a)
			if got != want {
				t.Fatalf("first(%v, %v) = %+v, want %+v", a.Labels, a.Description, got, want)
			}
			if want != nil {
				taken++
			}
		}
	}
	if taken < 1000 {
		t.Errorf("%d agents were taken, want more: is there still something to agree on?", taken)
	}
}

// BenchmarkSelectors finds what 500 selectors mean for an agent.
func BenchmarkSelectors(b *testing.B) {
	entries := map[ConfigID]*configEntry{}
	for i := range 500 {
		e, err := newConfigEntry(Config{ID: ConfigID(fmt.Sprint(i)), Name: fmt.Sprint(i), Selector: fmt.Sprintf("env=production,site=s%d", i)}, nil)
		if err != nil {
			b.Fatal(err)
		}
		entries[e.config.ID] = e
	}
	c := newCatalog(entries)
	a := &Agent{Labels: map[string]string{"env": "production", "site": "s499"}}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			c.selecting.first(a)
		}
	})
	b.Run("one by one", func(b *testing.B) {
		for b.Loop() {
			oneByOne(c.selecting.entries, a)
		}
	})
}
