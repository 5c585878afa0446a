package declared

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Current is a configuration as a server has it.
type Current struct {
	ID          string
	Name        string
	Description string
	Selector    string
	Priority    int
	Labels      map[string]string
	Body        string
	Version     int
	Agents      int // those that it is meant for
}

// owner is the set that it was made from; empty where it was made otherwise.
func (c *Current) owner() string { return c.Labels[ManagedBy] }

// Action is what a plan does with one configuration.
type Action string

// The actions, in the order in which they are taken.
const (
	Create    Action = "create"
	Update    Action = "update" // and rename, where Have and Want differ in their names
	Delete    Action = "delete"
	Unchanged Action = "unchanged"
	Refused   Action = "refused"
)

// Change is what a plan has for one configuration.
type Change struct {
	Action Action
	Name   string   // as declared; of a deletion, as the server has it
	Have   *Current // nil for what is not there yet
	Want   *Config  // nil for what is to go
	// Labels are those that the server is to have, ManagedBy included.
	Labels map[string]string
	// Fields are those that differ, as the API names them.
	Fields []string
	Reason string // of Refused
	// Takes says that agents may change hands by it: its selector, priority or name differs.
	Takes bool
}

// Options of a plan.
type Options struct {
	Set   string // the value of ManagedBy: see SetLabel
	Prune bool   // delete what the set has made and no file declares any more
	Adopt bool   // take what is there, also of another set, for this set
}

var setName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,48}[A-Za-z0-9])?$`)

// SetLabel is the value of ManagedBy for a set of files; the name is empty for the
// set that needs none.
func SetLabel(name string) (string, error) {
	switch {
	case name == "":
		return "apply", nil
	case !setName.MatchString(name):
		return "", fmt.Errorf("%q is not the name of a set: 1 to 50 letters, digits, '.', '-' and '_', the first and the last a letter or a digit", name)
	}
	return "apply." + name, nil
}

// Make compares what is declared with what is there. The changes come in the order of Sort.
func Make(want []Config, have []Current, o Options) []Change {
	byName := make(map[string]*Current, len(have))
	for i := range have {
		byName[have[i].Name] = &have[i]
	}
	renamed := renames(want, byName, o)
	kept := map[string]bool{}
	changes := make([]Change, 0, len(want))
	for i := range want {
		w := &want[i]
		h := byName[w.Name]
		if h == nil {
			h = renamed[w.Name]
		}
		if h != nil {
			kept[h.Name] = true
		}
		changes = append(changes, compare(w, h, o))
	}
	for i := range have {
		if h := &have[i]; o.Prune && !kept[h.Name] && h.owner() == o.Set {
			changes = append(changes, Change{Action: Delete, Name: h.Name, Have: h})
		}
	}
	Sort(changes, nil)
	return changes
}

// renames finds, by their new names, the configurations that are to be called otherwise:
// where a file says so, and where one that would be deleted has the body of exactly one
// that would be created.
func renames(want []Config, have map[string]*Current, o Options) map[string]*Current {
	found := map[string]*Current{}
	taken := map[string]bool{}
	created := map[string][]string{} // names by body
	declared := map[string]bool{}
	for i := range want {
		w := &want[i]
		declared[w.Name] = true
		if have[w.Name] != nil {
			continue
		}
		if h := have[w.RenamedFrom]; h != nil {
			found[w.Name], taken[h.Name] = h, true
			continue
		}
		created[w.Body] = append(created[w.Body], w.Name)
	}
	if !o.Prune {
		return found
	}
	going := map[string][]*Current{} // by body
	for name, h := range have {
		if !declared[name] && !taken[name] && h.owner() == o.Set {
			going[h.Body] = append(going[h.Body], h)
		}
	}
	for body, names := range created {
		if gone := going[body]; len(names) == 1 && len(gone) == 1 {
			found[names[0]] = gone[0]
		}
	}
	return found
}

// compare says what is to be done for one declared configuration.
func compare(w *Config, h *Current, o Options) Change {
	c := Change{Action: Create, Name: w.Name, Have: h, Want: w, Labels: maps.Clone(w.Labels)}
	if c.Labels == nil {
		c.Labels = map[string]string{}
	}
	if h == nil {
		c.Labels[ManagedBy] = o.Set
		c.Takes = w.Selector != ""
		return c
	}
	// What somebody else has made stays theirs, so that --prune never deletes it.
	if owner, said := h.Labels[ManagedBy]; o.Adopt {
		c.Labels[ManagedBy] = o.Set
	} else if said { // be it empty
		c.Labels[ManagedBy] = owner
	}
	differs := func(field string, yes bool) {
		if yes {
			c.Fields = append(c.Fields, field)
		}
	}
	differs("name", h.Name != w.Name)
	differs("description", h.Description != w.Description)
	differs("selector", h.Selector != w.Selector)
	differs("priority", h.Priority != w.Priority)
	differs("labels", !maps.Equal(h.Labels, c.Labels))
	differs("config", h.Body != w.Body)
	switch owner := h.owner(); {
	case len(c.Fields) == 0:
		c.Action = Unchanged
	case owner != "" && owner != o.Set && !o.Adopt:
		c.Action = Refused
		c.Reason = fmt.Sprintf("it belongs to the set %q, and two sets would undo each other's changes; --adopt takes it over", owner)
	default:
		c.Action = Update
		c.Takes = slices.ContainsFunc(c.Fields, func(f string) bool { return f == "name" || f == "selector" || f == "priority" })
	}
	return c
}

// Sort puts changes into the order in which no agent is without a configuration
// in between, or has one that it is not to keep: what is new, then what loses agents to
// nobody, then what does, then what goes. Of several the one that wins agents comes first,
// and of those that go, last. losing tells how many agents a change takes from its
// configuration; nil where that is not known.
func Sort(changes []Change, losing func(*Change) int) {
	rank := func(c *Change) int {
		switch {
		case c.Action == Create:
			return 0
		case c.Action == Update && c.Takes && losing != nil && losing(c) > 0:
			return 2
		case c.Action == Update:
			return 1
		case c.Action == Delete:
			return 3
		case c.Action == Refused:
			return 4
		}
		return 5
	}
	slices.SortStableFunc(changes, func(x, y Change) int {
		wins := cmp.Or(cmp.Compare(y.priority(), x.priority()), strings.Compare(x.Name, y.Name))
		if x.Action == Delete && y.Action == Delete {
			wins = -wins
		}
		return cmp.Or(cmp.Compare(rank(&x), rank(&y)), wins)
	})
}

func (c *Change) priority() int {
	if c.Want != nil {
		return c.Want.Priority
	}
	return c.Have.Priority
}

// Renames reports whether a change gives a configuration another name.
func (c *Change) Renames() bool { return c.Action == Update && c.Have.Name != c.Want.Name }

// Count tells how many changes are of an action.
func Count(changes []Change, action Action) int {
	n := 0
	for i := range changes {
		if changes[i].Action == action {
			n++
		}
	}
	return n
}
