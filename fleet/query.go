package fleet

import (
	"context"
	"iter"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
)

var agentOrders = []string{
	"id", "name", "type", "version", "status", "config_status", "config_name",
	"first_seen_at", "last_seen_at", "connected_at",
}

// filter is a parsed AgentQuery.
type filter struct {
	statuses  []AgentStatus
	connected *bool
	selector  labels.Selector
	text      string
	inUID     bool // text may be a part of an instance UID
	config    ConfigID
	hashes    map[ConfigHash]struct{} // of config: whoever holds one is taken as well
	states    []DeliveryState
}

func (m *Manager) parseFilter(q AgentQuery) (filter, error) {
	f := filter{statuses: q.Statuses, connected: q.Connected, text: strings.ToLower(q.Text), states: q.ConfigStatuses}
	f.inUID = strings.Trim(f.text, "0123456789abcdef-") == "" && len(f.text) <= len(InstanceUID{}.String())
	for _, s := range q.Statuses {
		if !slices.Contains(AgentStatuses(), s) {
			return f, Errorf(Invalid, "status %q is none of healthy, unhealthy, disconnected, unknown", s)
		}
	}
	for _, s := range q.ConfigStatuses {
		if !slices.Contains(DeliveryStates(), s) {
			return f, Errorf(Invalid, "config_status %q is none of unassigned, unsupported, pending, applying, applied, failed", s)
		}
	}
	var err error
	if f.selector, err = givenSelector(q.Selector); err != nil {
		return f, err
	}
	if q.Config != "" {
		f.config = ConfigID(q.Config) // Nobody has what does not exist.
		if c, err := m.catalog.find(q.Config); err == nil {
			f.config = c.config.ID
		}
	}
	return f, nil
}

// takesAll reports whether f takes whatever there is.
func (f *filter) takesAll() bool {
	return len(f.statuses) == 0 && f.connected == nil && f.selector == nil && f.text == "" && f.config == "" && len(f.states) == 0
}

func (f *filter) takes(e *entry) bool {
	if len(f.statuses) > 0 && !slices.Contains(f.statuses, e.status) {
		return false
	}
	if f.connected != nil && *f.connected != (e.link != nil) {
		return false
	}
	if len(f.states) > 0 && !slices.Contains(f.states, e.state) {
		return false
	}
	if f.config != "" && (e.want == nil || e.want.configID != f.config) && !f.holds(e.agent) {
		return false
	}
	if f.selector != nil && !f.selector.Matches(agentLabels{e.agent}) {
		return false
	}
	return f.text == "" || f.matchesText(e.agent)
}

// holds reports whether the agent last received a version of the configuration.
func (f *filter) holds(a *Agent) bool {
	_, ok := f.hashes[a.RemoteConfigStatus.LastHash]
	return ok
}

func (f *filter) matchesText(a *Agent) bool {
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), f.text) }
	if has(a.Name()) || f.inUID && has(a.UID.String()) || has(a.Type()) || has(a.Version()) {
		return true
	}
	host, _ := a.Description.Get("host.name")
	return has(host)
}

// Agents lists agents. Errors: Invalid.
func (m *Manager) Agents(q AgentQuery) (AgentPage, error) {
	var f filter
	err := m.locked(func() (err error) { f, err = m.parseFilter(q); return err })
	if err != nil {
		return AgentPage{}, err
	}
	return m.agentsWhere(f, q.Page)
}

func (m *Manager) agentsWhere(f filter, p Page) (AgentPage, error) {
	o, err := p.parse(agentOrders)
	if err != nil {
		return AgentPage{}, err
	}
	if o.field == "id" {
		m.lock()
		defer m.unlock()
		return m.agentsByID(o, &f), nil
	}
	rows := m.matching(&f, o.field)
	result := AgentPage{Total: len(rows)}
	entries, next := page(o, rows)
	result.Agents, result.Next = m.viewsOf(entries), next
	return result, nil
}

// matching lists the agents that f takes, with the keys to order them by. They
// are ordered by the caller, while others have the lock.
func (m *Manager) matching(f *filter, field string) (rows []row[*entry]) {
	m.lock()
	defer m.unlock()
	for _, e := range m.order {
		if f.takes(e) {
			rows = append(rows, row[*entry]{key: agentKey(e, field), id: e.agent.UID.String(), item: e})
		}
	}
	return rows
}

// viewsOf shows the entries as they are now, but for those that have left the fleet since.
func (m *Manager) viewsOf(entries []*entry) []AgentView {
	m.lock()
	defer m.unlock()
	views := make([]AgentView, 0, len(entries))
	for _, e := range entries {
		if m.agents[e.agent.UID] == e {
			views = append(views, e.view())
		}
	}
	return views
}

// viewsAtOnce is how many agents are looked at while the lock is held.
const viewsAtOnce = 250

// AllAgents lists agents without pages, of which q has no more than an order.
// Which agents, and in which order, is settled at the call; each is shown as it
// is when its turn comes, or left out where it has been forgotten by then. A
// consumer may take its time: the lock is not held meanwhile. Errors: Invalid.
func (m *Manager) AllAgents(q AgentQuery) (iter.Seq[AgentView], error) {
	o, err := Page{OrderBy: q.Page.OrderBy}.parse(agentOrders)
	if err != nil {
		return nil, err
	}
	var f filter
	if err := m.locked(func() (err error) { f, err = m.parseFilter(q); return err }); err != nil {
		return nil, err
	}
	rows := m.matching(&f, o.field)
	sortRows(o, rows)
	return func(yield func(AgentView) bool) {
		entries := make([]*entry, 0, viewsAtOnce)
		for some := range slices.Chunk(rows, viewsAtOnce) {
			entries = entries[:0]
			for _, r := range some {
				entries = append(entries, r.item)
			}
			for _, v := range m.viewsOf(entries) {
				if !yield(v) {
					return
				}
			}
		}
	}, nil
}

// agentsByID takes a page out of the fleet as it is kept. Only a filter has to
// look at every agent, for the total.
func (m *Manager) agentsByID(o order, f *filter) AgentPage {
	var before []*entry // what earlier pages have shown
	after := m.order    // what this one and later ones show
	if o.after != nil {
		uid, _ := ParseInstanceUID(o.after.ID) // A forged one starts anywhere.
		i, found := slices.BinarySearchFunc(m.order, uid, compareEntry)
		if o.desc {
			before, after = m.order[i:], m.order[:i]
		} else {
			if found {
				i++
			}
			before, after = m.order[:i], m.order[i:]
		}
	}
	matching := func(entries []*entry) int {
		if f.takesAll() {
			return len(entries)
		}
		n := 0
		for _, e := range entries {
			if f.takes(e) {
				n++
			}
		}
		return n
	}
	result := AgentPage{Agents: make([]AgentView, 0, min(o.size, len(after)))}
	for len(after) > 0 && len(result.Agents) < o.size {
		var e *entry
		if last := len(after) - 1; o.desc {
			e, after = after[last], after[:last]
		} else {
			e, after = after[0], after[1:]
		}
		if f.takes(e) {
			result.Agents = append(result.Agents, e.view())
		}
	}
	rest := matching(after)
	result.Total = matching(before) + len(result.Agents) + rest
	if rest > 0 {
		result.Next = o.token("", result.Agents[len(result.Agents)-1].Agent.UID.String())
	}
	return result
}

func agentKey(e *entry, field string) string {
	a := e.agent
	switch field {
	case "name":
		return strings.ToLower(a.Name())
	case "type":
		return a.Type()
	case "version":
		return a.Version()
	case "status":
		return string(e.status)
	case "config_status":
		return string(e.state)
	case "config_name":
		if e.want != nil {
			return e.want.name
		}
	case "first_seen_at":
		return timeKey(a.FirstSeenAt)
	case "last_seen_at":
		return timeKey(e.lastSeen)
	case "connected_at":
		return timeKey(a.ConnectedAt)
	}
	return ""
}

// find resolves ref: an instance UID, else a service.instance.id or a name.
// Errors: NotFound; Conflict where it fits several, which it names. The caller holds mu.
func (m *Manager) find(ref string) (*entry, error) {
	if e := m.byUID(ref); e != nil {
		return e, nil
	}
	var found []*entry
	for _, e := range m.order {
		if id, name := e.calledBy(); id == ref || name == ref {
			found = append(found, e)
		}
	}
	return onlyOne(ref, found)
}

// finder returns a find for many: it goes through the fleet once. It is good while mu is held.
func (m *Manager) finder() func(ref string) (*entry, error) {
	var called map[string][]*entry
	return func(ref string) (*entry, error) {
		if e := m.byUID(ref); e != nil {
			return e, nil
		}
		if called == nil {
			called = make(map[string][]*entry, 2*len(m.order))
			for _, e := range m.order {
				id, name := e.calledBy()
				called[name] = append(called[name], e)
				if id != name && id != "" {
					called[id] = append(called[id], e)
				}
			}
		}
		return onlyOne(ref, called[ref])
	}
}

// byUID finds the agent whose instance UID is written in ref; nil where there is none.
func (m *Manager) byUID(ref string) *entry {
	uid, err := ParseInstanceUID(ref)
	if err != nil {
		return nil
	}
	return m.agents[uid]
}

// calledBy returns what e may be called, beside its UID.
func (e *entry) calledBy() (instanceID, name string) {
	instanceID, _ = e.agent.Description.Get("service.instance.id")
	return instanceID, e.agent.Name()
}

// onlyOne returns the one that ref fits. Errors: as find's.
func onlyOne(ref string, found []*entry) (*entry, error) {
	switch len(found) {
	case 0:
		return nil, Errorf(NotFound, "there is no agent %q", ref)
	case 1:
		return found[0], nil
	}
	names := make([]string, 0, 10)
	for _, e := range found[:min(len(found), cap(names))] {
		names = append(names, e.agent.UID.String())
	}
	more := ""
	if n := len(found) - len(names); n > 0 {
		more = " and others"
	}
	return nil, Errorf(Conflict, "%q fits %d agents: %s%s; use the id", ref, len(found), strings.Join(names, ", "), more)
}

// Agent shows one agent, whole. Errors: NotFound, Conflict.
func (m *Manager) Agent(ctx context.Context, ref string) (AgentView, error) {
	m.lock()
	e, err := m.find(ref)
	if err != nil {
		m.unlock()
		return AgentView{}, err
	}
	v := e.view()
	v.EffectiveConfig, v.Components = e.effective, e.components
	freshTree := e.freshTree
	if freshTree {
		v.Agent.Health = e.agent.Health
	}
	m.unlock()

	// What is not in memory any more is on disk.
	if !freshTree && v.Agent.Health != nil {
		switch stored, err := m.o.Store.Agent(ctx, v.Agent.UID); {
		case err == nil && stored.Health != nil:
			h := *v.Agent.Health
			h.Components = stored.Health.Components
			v.Agent.Health = &h
		case err != nil && KindOf(err) != NotFound:
			return v, err
		}
	}
	if v.EffectiveConfig == nil && v.Agent.EffectiveConfig != "" {
		switch c, err := m.o.Store.EffectiveConfig(ctx, v.Agent.EffectiveConfig); {
		case err == nil:
			v.EffectiveConfig = &c
		case KindOf(err) != NotFound: // It has just been replaced.
			return v, err
		}
	}
	if v.Components == nil && v.Agent.Components != "" {
		switch c, err := m.o.Store.Components(ctx, v.Agent.Components); {
		case err == nil:
			v.Components = c
		case KindOf(err) != NotFound:
			return v, err
		}
	}
	return v, nil
}

// FleetStatus counts the fleet.
func (m *Manager) FleetStatus() FleetStatus {
	s := FleetStatus{
		ByStatus: map[AgentStatus]int{}, ByConfig: map[DeliveryState]int{}, GeneratedAt: m.now(),
	}
	for _, status := range AgentStatuses() {
		s.ByStatus[status] = 0
	}
	for _, state := range DeliveryStates() {
		s.ByConfig[state] = 0
	}
	versions := map[VersionCount]int{}
	m.lock()
	s.Total = len(m.order)
	for _, e := range m.order {
		s.ByStatus[e.status]++
		s.ByConfig[e.state]++
		if e.link != nil {
			s.Connected++
		}
		versions[VersionCount{Type: e.agent.Type(), Version: e.agent.Version()}]++
	}
	m.unlock()
	for v, n := range versions {
		v.Agents = n
		s.Versions = append(s.Versions, v)
	}
	slices.SortFunc(s.Versions, func(x, y VersionCount) int {
		if x.Agents != y.Agents {
			return y.Agents - x.Agents
		}
		if c := strings.Compare(x.Type, y.Type); c != 0 {
			return c
		}
		return strings.Compare(x.Version, y.Version)
	})
	return s
}
