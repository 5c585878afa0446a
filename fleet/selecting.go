package fleet

import (
	"math"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// selectors finds which of many selectors takes an agent without trying them all: most
// demand a value of some key, and only those whose demand the agent meets are tried.
type selectors struct {
	entries []*configEntry // in the order in which they win
	// byValue has positions in entries by a key and a value that the selector demands, others the
	// positions of those that demand none; both ascend.
	byValue map[string]map[string][]int
	others  []int
}

// demand is a requirement of a selector that a key has one of some values.
type demand struct {
	key    string
	values []string
}

// pair is a key and a value.
type pair struct{ key, value string }

func newSelectors(entries []*configEntry) selectors {
	s := selectors{entries: entries, byValue: map[string]map[string][]int{}}
	common := map[pair]int{}
	for _, e := range entries {
		for _, d := range e.demands {
			for _, v := range d.values {
				common[pair{d.key, v}]++
			}
		}
	}
	for position, e := range entries {
		d, ok := rarest(e.demands, common)
		if !ok {
			s.others = append(s.others, position)
			continue
		}
		if s.byValue[d.key] == nil {
			s.byValue[d.key] = map[string][]int{}
		}
		for _, v := range d.values {
			s.byValue[d.key][v] = append(s.byValue[d.key][v], position)
		}
	}
	return s
}

// rarest is the demand that the fewest selectors share, so that it tells most.
func rarest(demands []demand, common map[pair]int) (found demand, ok bool) {
	fewest := math.MaxInt
	for _, d := range demands {
		shared := 0
		for _, v := range d.values {
			shared = max(shared, common[pair{d.key, v}])
		}
		if shared < fewest {
			found, fewest, ok = d, shared, true
		}
	}
	return found, ok
}

// first is the one of those that take a that wins; nil where none takes it.
func (s selectors) first(a *Agent) *configEntry {
	of := agentLabels{a}
	best := len(s.entries)
	try := func(positions []int) {
		for _, p := range positions {
			if p >= best {
				return
			}
			if s.entries[p].selector.Matches(of) {
				best = p
			}
		}
	}
	try(s.others)
	for key, values := range s.byValue {
		if v, ok := of.Lookup(key); ok {
			try(values[v])
		}
	}
	if best == len(s.entries) {
		return nil
	}
	return s.entries[best]
}

// demandsOf are the demands of a selector; nil demands nothing.
func demandsOf(sel labels.Selector) []demand {
	if sel == nil {
		return nil
	}
	var demands []demand
	requirements, _ := sel.Requirements()
	for i := range requirements {
		switch r := &requirements[i]; r.Operator() {
		case selection.Equals, selection.DoubleEquals, selection.In:
			demands = append(demands, demand{r.Key(), r.Values().List()})
		default: // it may hold for any value, or for none
		}
	}
	return demands
}
