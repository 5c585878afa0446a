package fleet

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxPreviewed is how many changes a Preview lists.
const maxPreviewed = 100

// Preview says what storing a configuration would change for the agents.
type Preview struct {
	// Findings are what the checks have to say; with an error among them it would not be stored.
	Findings []Finding
	// Total is how many agents it would be meant for.
	Total int
	// Gains counts those that would get it newly, Loses those that would not have it any more, Updates those
	// that have it and would get the new body.
	Gains, Loses, Updates int
	// Reached is how many connected agents would be sent something at once; Confirm says whether that is
	// more than a write may reach without confirmation.
	Reached int
	Confirm bool
	// Changes are the first by name, at most 100; Truncated says that there are more.
	Changes   []PreviewChange
	Truncated bool
}

// PreviewKind says what would happen to one agent.
type PreviewKind string

// The kinds of changes.
const (
	PreviewGains   PreviewKind = "gains"
	PreviewLoses   PreviewKind = "loses"
	PreviewUpdates PreviewKind = "updates"
)

// PreviewChange is what would happen to one agent.
type PreviewChange struct {
	UID  InstanceUID
	Name string
	Kind PreviewKind
	// From is what is meant for it now, To what would be; nil for nothing.
	From, To *ConfigRef
}

// ConfigRef names a configuration. ID is empty for one that is not stored yet.
type ConfigRef struct {
	ID   ConfigID
	Name string
}

func (t *target) ref() *ConfigRef {
	if t == nil {
		return nil
	}
	return &ConfigRef{ID: t.configID, Name: t.name}
}

// holding is what is meant for one agent, now and after a change.
type holding struct {
	agent    *Agent
	reach    bool // what is meant for it could be sent to it now
	before   *target
	after    *target
	assigned bool // after is known: it is assigned
}

// Preview says what storing spec would change: as what ref names, or as a new configuration where ref is
// empty. It stores nothing. Where the selector does not parse nobody knows, and where it is too long nobody is
// asked: all counts are 0.
// Errors: NotFound.
func (m *Manager) Preview(ref string, spec ConfigSpec) (Preview, error) {
	var c Config
	if ref != "" {
		old, _, err := m.configForWrite(ref, WriteOptions{})
		if err != nil {
			return Preview{}, err
		}
		if c = old; spec.Name == "" {
			spec.Name = old.Name
		}
	}
	spec.apply(&c)
	p := Preview{Findings: previewFindings(spec, m.o.Checker.Check(spec.Body))}
	if m.nameTaken(c) {
		p.Findings = append(p.Findings, Finding{
			Severity: SeverityError, Code: "name-taken", Path: "name", Message: fmt.Sprintf("the name %q is taken", c.Name),
		})
	}
	if oversized(c.Selector) != "" {
		return p, nil // as is said in the findings
	}
	next, holdings, err := m.holdings(c, spec.Body)
	if err != nil {
		return p, nil //nolint:nilerr // that the selector does not parse is among the findings
	}
	p.count(next, c.ID, holdings)
	p.Confirm = m.confirmed(p.Reached, WriteOptions{}) != nil
	return p, nil
}

// previewFindings are those that storing would refuse, or the warnings that would let it pass.
func previewFindings(spec ConfigSpec, body []Finding) []Finding {
	var refused *Error
	if !errors.As(checkSpec(spec, body), &refused) {
		return body
	}
	if HasErrors(body) {
		return refused.Findings
	}
	return slices.Concat(refused.Findings, body)
}

func (m *Manager) nameTaken(c Config) bool {
	m.lock()
	defer m.unlock()
	return m.catalog.taken(c.Name, c.ID)
}

// holdings takes the fleet as it is now and the catalog with c in it. What agents are assigned to is
// looked up while mu is held; the selectors, which take longer, need no lock. Errors: Invalid.
func (m *Manager) holdings(c Config, body []byte) (catalog, []holding, error) {
	m.lock()
	defer m.unlock()
	next, _, err := m.catalog.storing(c, body)
	if err != nil {
		return catalog{}, nil, err
	}
	list := make([]holding, len(m.order))
	for i, e := range m.order {
		h := holding{agent: e.agent, reach: e.canReceive(), before: e.want}
		h.after, h.assigned = next.assignedTo(e.agent)
		list[i] = h
	}
	return next, list, nil
}

// count fills in what becomes of the agents when the configuration id is what next says.
func (p *Preview) count(next catalog, id ConfigID, list []holding) {
	for _, h := range list {
		if !h.assigned {
			h.after = next.selectedFor(h.agent)
		}
		if h.after.is(id) {
			p.Total++
		}
		if h.reach && offers(h.before, h.after) {
			p.Reached++
		}
		if kind := changeOf(id, h.before, h.after); kind != "" {
			p.Changes = append(p.Changes, PreviewChange{
				UID: h.agent.UID, Name: h.agent.Name(), Kind: kind, From: h.before.ref(), To: h.after.ref(),
			})
		}
	}
	for _, c := range p.Changes {
		switch c.Kind {
		case PreviewGains:
			p.Gains++
		case PreviewLoses:
			p.Loses++
		case PreviewUpdates:
			p.Updates++
		}
	}
	slices.SortStableFunc(p.Changes, func(x, y PreviewChange) int { return cmp.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)) })
	if p.Truncated = len(p.Changes) > maxPreviewed; p.Truncated {
		p.Changes = slices.Clone(p.Changes[:maxPreviewed])
	}
}

// is reports whether t is of the configuration.
func (t *target) is(id ConfigID) bool { return t != nil && t.configID == id }

// changeOf says what the step from before to after is, seen from the configuration id; empty for nothing.
func changeOf(id ConfigID, before, after *target) PreviewKind {
	switch {
	case after.is(id) && !before.is(id):
		return PreviewGains
	case before.is(id) && !after.is(id):
		return PreviewLoses
	case after.is(id) && after.hash() != before.hash():
		return PreviewUpdates
	}
	return ""
}
