package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
)

// target is a configuration that is meant for agents. Agents with the same one
// share it; it never changes.
type target struct {
	configID ConfigID
	name     string
	version  int
	source   ConfigSource
	remote   *RemoteConfig
}

func (t *target) hash() ConfigHash {
	if t == nil {
		return ""
	}
	return t.remote.Hash
}

// configEntry is a configuration in memory.
type configEntry struct {
	config   Config
	selector labels.Selector // nil takes none
	demands  []demand        // of the selector
	remote   *RemoteConfig   // the newest version's
	assigned *target         // for those assigned to the newest version
	selected *target         // for those that the selector takes
	pinned   map[int]*target // for those assigned to one version; those in use
	// hashes are those of all versions; never changed once the entry is in a catalog.
	hashes map[ConfigHash]struct{}
}

// newConfigEntry readies c, whose newest version has the given body. Errors: Invalid, the selector does not parse.
func newConfigEntry(c Config, body []byte) (*configEntry, error) {
	sel, err := parseSelector(c.Selector)
	if err != nil {
		return nil, err
	}
	remote := NewRemoteConfig(body)
	at := func(source ConfigSource) *target {
		return &target{configID: c.ID, name: c.Name, version: c.Version, source: source, remote: &remote}
	}
	return &configEntry{
		config: c, selector: sel, demands: demandsOf(sel), remote: &remote,
		assigned: at(SourceAssignment), selected: at(SourceSelector), pinned: map[int]*target{},
		hashes: map[ConfigHash]struct{}{remote.Hash: {}},
	}, nil
}

// pin readies one version for agents that are assigned to just that one.
func (e *configEntry) pin(number int, body []byte) {
	remote := NewRemoteConfig(body)
	e.pinned[number] = &target{
		configID: e.config.ID, name: e.config.Name, version: number, source: SourceAssignment, remote: &remote,
	}
}

// catalog is the set of configurations as decisions need it.
type catalog struct {
	byID map[ConfigID]*configEntry
	// selecting are those with a selector.
	selecting selectors
}

func newCatalog(entries map[ConfigID]*configEntry) catalog {
	var selecting []*configEntry
	for _, e := range entries {
		if e.selector != nil {
			selecting = append(selecting, e)
		}
	}
	slices.SortFunc(selecting, func(x, y *configEntry) int {
		return cmp.Or(cmp.Compare(y.config.Priority, x.config.Priority), strings.Compare(x.config.Name, y.config.Name))
	})
	return catalog{byID: entries, selecting: newSelectors(selecting)}
}

// with returns a catalog in which e stands in for the entry of the same id.
func (c catalog) with(e *configEntry) catalog {
	entries := make(map[ConfigID]*configEntry, len(c.byID)+1)
	for id, old := range c.byID {
		entries[id] = old
	}
	entries[e.config.ID] = e
	return newCatalog(entries)
}

// storing returns the catalog as it is once c is stored with the given body as its newest, and c's
// entry in it. Errors: Invalid, the selector does not parse.
func (c catalog) storing(config Config, body []byte) (catalog, *configEntry, error) {
	e, err := newConfigEntry(config, slices.Clone(body))
	if err != nil {
		return catalog{}, nil, err
	}
	if old := c.byID[config.ID]; old != nil {
		for hash := range old.hashes {
			e.hashes[hash] = struct{}{}
		}
		for n, t := range old.pinned {
			e.pinned[n] = &target{configID: config.ID, name: config.Name, version: n, source: SourceAssignment, remote: t.remote}
		}
	}
	return c.with(e), e, nil
}

// without returns a catalog that lacks the entry.
func (c catalog) without(id ConfigID) catalog {
	entries := make(map[ConfigID]*configEntry, len(c.byID))
	for other, e := range c.byID {
		if other != id {
			entries[other] = e
		}
	}
	return newCatalog(entries)
}

// byName finds a configuration by its name; nil if there is none.
func (c catalog) byName(name string) *configEntry {
	for _, e := range c.byID {
		if e.config.Name == name {
			return e
		}
	}
	return nil
}

// taken reports whether another configuration than that of the id has the name.
func (c catalog) taken(name string, id ConfigID) bool {
	other := c.byName(name)
	return other != nil && other.config.ID != id
}

// find resolves an id or a name. Errors: NotFound.
func (c catalog) find(ref string) (*configEntry, error) {
	if e, ok := c.byID[ConfigID(strings.ToLower(ref))]; ok {
		return e, nil
	}
	if e := c.byName(ref); e != nil {
		return e, nil
	}
	return nil, Errorf(NotFound, "there is no configuration %q", ref)
}

// findVersion resolves an id or a name and checks that there is such a version; 0 is the newest. Errors: NotFound.
func (c catalog) findVersion(ref string, version int) (*configEntry, error) {
	e, err := c.find(ref)
	if err == nil && (version < 0 || version > e.config.Version) {
		return nil, Errorf(NotFound, "configuration %q has no version %d", e.config.Name, version)
	}
	return e, err
}

// resolve finds what is meant for a: the assigned configuration, else, of those
// whose selector takes it, the one with the highest priority, ties by name;
// else nil.
func (c catalog) resolve(a *Agent) *target {
	if t, assigned := c.assignedTo(a); assigned {
		return t
	}
	return c.selectedFor(a)
}

// assignedTo finds what a is assigned to; false where it is assigned to nothing that exists.
func (c catalog) assignedTo(a *Agent) (*target, bool) {
	e := c.byID[a.Assignment.ConfigID]
	switch {
	case a.Assignment.ConfigID == "" || e == nil:
		return nil, false
	case a.Assignment.Version == 0:
		return e.assigned, true
	}
	return e.pinned[a.Assignment.Version], true
}

// selectedFor finds what the selectors mean for a. It reads nothing that changes once the catalog is made.
func (c catalog) selectedFor(a *Agent) *target {
	if e := c.selecting.first(a); e != nil {
		return e.selected
	}
	return nil
}

// parseSelector reads Kubernetes' syntax. Blank is nil: it takes none. Errors: Invalid.
func parseSelector(s string) (labels.Selector, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	sel, err := labels.Parse(s)
	if err != nil {
		return nil, Errorf(Invalid, "selector %q: %v", s, err)
	}
	return sel, nil
}

// Bounds of a selector that somebody sends: each agent is asked for every requirement, while all others wait.
const (
	maxSelector     = 16 << 10 // bytes
	maxRequirements = 64
)

// oversized says why a selector is more than is taken; empty where it is not. One that does not parse is not judged.
func oversized(s string) string {
	if len(s) > maxSelector {
		return fmt.Sprintf("%d bytes are more than the %d that are allowed", len(s), maxSelector)
	}
	sel, err := labels.Parse(s)
	if err != nil {
		return ""
	}
	if list, _ := sel.Requirements(); len(list) > maxRequirements {
		return fmt.Sprintf("%d requirements are more than the %d that are allowed; \"in\" takes many values in one", len(list), maxRequirements)
	}
	return ""
}

// givenSelector is parseSelector for what a request brings. Errors: Invalid.
func givenSelector(s string) (labels.Selector, error) {
	if why := oversized(s); why != "" {
		return nil, Errorf(Invalid, "the selector is too long: %s", why)
	}
	return parseSelector(s)
}

// agentLabels shows an agent to a selector: its labels, then its attributes.
type agentLabels struct{ a *Agent }

// Lookup returns the value under key.
func (l agentLabels) Lookup(key string) (string, bool) {
	if v, ok := l.a.Labels[key]; ok {
		return v, true
	}
	return l.a.Description.Get(key)
}

// Has reports whether there is a value under key.
func (l agentLabels) Has(key string) bool { _, ok := l.Lookup(key); return ok }

// Get returns the value under key; empty if there is none.
func (l agentLabels) Get(key string) string { v, _ := l.Lookup(key); return v }
