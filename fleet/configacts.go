package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
)

var (
	configOrders  = []string{"id", "name", "priority", "created_at", "updated_at"}
	versionOrders = []string{"id", "version", "created_at"}
)

// Validate checks a configuration's body.
func (m *Manager) Validate(body []byte) []Finding { return m.o.Checker.Check(body) }

// checkSpec holds what an operator wrote against the rules. Errors: Unprocessable, with every finding.
func (m *Manager) checkSpec(spec ConfigSpec) error {
	return checkSpec(spec, m.o.Checker.Check(spec.Body))
}

// checkSpec judges spec, whose body has the given findings. Errors: Unprocessable, with every finding.
func checkSpec(spec ConfigSpec, body []Finding) error {
	faults := []error{CheckName(spec.Name), CheckLabels(spec.Labels), fitBody(body)}
	if len(spec.Description) > maxDescription {
		faults = append(faults,
			unfit("description", "too-long", "%d bytes are more than the %d that are allowed", len(spec.Description), maxDescription))
	}
	if why := oversized(spec.Selector); why != "" {
		faults = append(faults, unfit("selector", "too-long", "%s", why))
	} else if _, err := labels.Parse(spec.Selector); err != nil {
		faults = append(faults, unfit("selector", "invalid-selector", "%q: %v", spec.Selector, err))
	}
	var all *Error
	for _, fault := range faults {
		var e *Error
		switch {
		case !errors.As(fault, &e):
		case all == nil:
			all = e
		default:
			all = &Error{Kind: Unprocessable, Msg: "the configuration has errors", Findings: slices.Concat(all.Findings, e.Findings)}
		}
	}
	if all == nil {
		return nil
	}
	return all
}

func (m *Manager) checkBody(body []byte) error { return fitBody(m.o.Checker.Check(body)) }

func fitBody(findings []Finding) error {
	if HasErrors(findings) {
		return &Error{Kind: Unprocessable, Msg: "the configuration has errors", Findings: findings}
	}
	return nil
}

// CreateConfig stores a new configuration. Errors: Unprocessable with
// findings; Conflict where the name is taken, or more agents would be reached
// than the guard allows.
func (m *Manager) CreateConfig(ctx context.Context, spec ConfigSpec, o WriteOptions) (ConfigView, error) {
	if err := m.checkSpec(spec); err != nil {
		return ConfigView{}, err
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	return m.addConfig(ctx, spec, o)
}

// addConfig stores a checked configuration, and does the rest in the same
// transaction. The caller holds writing.
func (m *Manager) addConfig(ctx context.Context, spec ConfigSpec, o WriteOptions, also ...func(Tx) error) (ConfigView, error) {
	id, err := newConfigID()
	if err != nil {
		return ConfigView{}, fmt.Errorf("make an id: %w", err)
	}
	now := m.now()
	c := Config{ID: id, Version: 1, Revision: 1, CreatedAt: now, UpdatedAt: now}
	spec.apply(&c)
	c.Hash = NewRemoteConfig(spec.Body).Hash
	v := Version{ConfigID: id, Number: 1, Body: slices.Clone(spec.Body), Hash: c.Hash, CreatedAt: now}
	return m.commitConfig(ctx, c, &v, v.Body, o, EventConfigCreated, also...)
}

func (spec ConfigSpec) apply(c *Config) {
	c.Name, c.Description, c.Selector, c.Priority = spec.Name, spec.Description, strings.TrimSpace(spec.Selector), spec.Priority
	c.Labels = maps.Clone(spec.Labels)
}

// ReplaceConfig replaces what an operator writes of a configuration; a body
// that differs in a byte becomes the next version. A name left out stays, as
// there is none to go back to. Errors: as CreateConfig's, and NotFound, Stale.
func (m *Manager) ReplaceConfig(ctx context.Context, ref string, spec ConfigSpec, o WriteOptions) (ConfigView, error) {
	m.writing.Lock()
	defer m.writing.Unlock()
	old, body, err := m.configForWrite(ref, o)
	if err != nil {
		return ConfigView{}, err
	}
	if spec.Name == "" {
		spec.Name = old.Name
	}
	if err := m.checkSpec(spec); err != nil {
		return ConfigView{}, err
	}
	now := m.now()
	c := old
	spec.apply(&c)
	c.Revision++
	c.UpdatedAt = now
	var v *Version
	if !slices.Equal(body, spec.Body) {
		v = nextVersion(&c, spec.Body, now)
	}
	return m.commitConfig(ctx, c, v, spec.Body, o, EventConfigUpdated)
}

// Rollback makes a new version with the body of an earlier one. Errors: as ReplaceConfig's.
func (m *Manager) Rollback(ctx context.Context, ref string, number int, o WriteOptions) (ConfigView, error) {
	m.writing.Lock()
	defer m.writing.Unlock()
	c, _, err := m.configForWrite(ref, o)
	if err != nil {
		return ConfigView{}, err
	}
	earlier, err := m.version(ctx, c, number)
	if err != nil {
		return ConfigView{}, err
	}
	if err := m.checkBody(earlier.Body); err != nil {
		return ConfigView{}, err
	}
	now := m.now()
	c.Revision++
	c.UpdatedAt = now
	v := nextVersion(&c, earlier.Body, now)
	return m.commitConfig(ctx, c, v, v.Body, o, EventConfigUpdated)
}

// nextVersion gives c another version.
func nextVersion(c *Config, body []byte, now time.Time) *Version {
	c.Version++
	c.Hash = NewRemoteConfig(body).Hash
	return &Version{ConfigID: c.ID, Number: c.Version, Body: slices.Clone(body), Hash: c.Hash, CreatedAt: now}
}

// configForWrite finds a configuration that is to be changed. Errors: NotFound, Stale.
func (m *Manager) configForWrite(ref string, o WriteOptions) (Config, []byte, error) {
	m.lock()
	defer m.unlock()
	e, err := m.catalog.find(ref)
	if err != nil {
		return Config{}, nil, err
	}
	return e.config, e.body(), o.allows(ConfigView{Config: e.config}.Tag())
}

func (e *configEntry) body() []byte { return e.remote.Files[""].Body }

// commitConfig stores c, with a new version or without, and whatever else is to be in
// the same transaction, and brings the fleet in line. The caller holds writing. Errors: Conflict.
func (m *Manager) commitConfig(
	ctx context.Context, c Config, v *Version, body []byte, o WriteOptions, event EventType, also ...func(Tx) error,
) (ConfigView, error) {
	var next catalog
	var entry *configEntry
	err := m.locked(func() (err error) {
		if m.catalog.taken(c.Name, c.ID) {
			return Errorf(Conflict, "the name %q is taken", c.Name)
		}
		if next, entry, err = m.catalog.storing(c, body); err != nil {
			return err
		}
		return m.guard(next, o)
	})
	if err != nil {
		return ConfigView{}, err
	}
	err = m.o.Store.Update(ctx, func(tx Tx) error {
		if err := tx.PutConfig(c); err != nil {
			return err
		}
		if v != nil {
			if err := tx.PutVersion(*v); err != nil {
				return err
			}
		}
		for _, do := range also {
			if err := do(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return ConfigView{}, err
	}
	m.lock()
	defer m.unlock()
	m.publishConfig(event, c, c.UpdatedAt)
	m.adopt(next, c.UpdatedAt)
	return m.configView(entry, true), nil
}

// guard refuses a change that would reach more connected agents than MaxAgents,
// unless the caller has confirmed at least as many. Errors: Conflict.
func (m *Manager) guard(next catalog, o WriteOptions) error {
	reached := 0
	for _, e := range m.order {
		if e.canReceive() && offers(e.want, next.resolve(e.agent)) {
			reached++
		}
	}
	return m.confirmed(reached, o)
}

// canReceive reports whether what is meant for e could be sent to it now.
func (e *entry) canReceive() bool {
	return e.link != nil && e.agent.Capabilities.Has(AcceptsRemoteConfig)
}

// offers reports whether an agent is to be sent something when next is meant for it instead of before.
func offers(before, next *target) bool { return next != nil && next.hash() != before.hash() }

// confirmed refuses what would reach too many agents at once without the caller having said so. Errors: Conflict.
func (m *Manager) confirmed(reached int, o WriteOptions) error {
	if reached > m.o.MaxAgents && o.Confirm < reached {
		return Errorf(Conflict, "this would reach %d connected agents at once, which is more than %d: say confirm_agents=%d if that is meant",
			reached, m.o.MaxAgents, reached)
	}
	return nil
}

// adopt makes next the catalog and wakes the agents that it concerns.
func (m *Manager) adopt(next catalog, now time.Time) {
	m.catalog = next
	for _, e := range m.order {
		if m.setTarget(e, next.resolve(e.agent), now) {
			m.wake(e)
		}
	}
}

// DeleteConfig removes a configuration. Errors: NotFound; Stale; Conflict while
// agents depend on it, unless o.Detach lets them go: they keep running what they
// have, unless another selector takes them; Conflict where that would reach more than the guard allows.
func (m *Manager) DeleteConfig(ctx context.Context, ref string, o WriteOptions) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	c, _, err := m.configForWrite(ref, o)
	if err != nil {
		return err
	}
	var next catalog
	var assigned []*entry
	var states []saved
	err = m.locked(func() error {
		next = m.catalog.without(c.ID)
		selected := 0
		for _, e := range m.order {
			switch {
			case e.agent.Assignment.ConfigID == c.ID:
				s := m.snapshot(e)
				s.agent.Assignment = Assignment{}
				s.agent.Revision++
				assigned, states = append(assigned, e), append(states, s)
			case e.want != nil && e.want.configID == c.ID:
				selected++
			}
		}
		if len(assigned)+selected > 0 && !o.Detach {
			return Errorf(Conflict, "%d agents are assigned to configuration %q and its selector takes %d: detach=true lets them go first",
				len(assigned), c.Name, selected)
		}
		return m.guard(next, o) // Another selector may take those that go.
	})
	if err != nil {
		return err
	}
	err = m.o.Store.Update(ctx, func(tx Tx) error {
		for _, s := range states {
			if err := s.put(tx); err != nil {
				return err
			}
		}
		return tx.DeleteConfig(c.ID)
	})
	if err != nil {
		return err
	}
	now := m.now()
	m.lock()
	defer m.unlock()
	for i, e := range assigned {
		m.change(e, func(a *Agent) { a.Assignment, a.Revision = Assignment{}, states[i].agent.Revision })
	}
	m.publishConfig(EventConfigDeleted, c, now)
	m.adopt(next, now)
	return nil
}

// configView shows e. The caller holds mu.
func (m *Manager) configView(e *configEntry, body bool) ConfigView {
	v := ConfigView{Config: e.config}
	v.Config.Labels = maps.Clone(e.config.Labels)
	if body {
		v.Body = slices.Clone(e.body())
	}
	v.Agents = m.countConfigs()[e.config.ID]
	return v
}

// countConfigs says of each configuration how its agents are doing. The caller holds mu.
func (m *Manager) countConfigs() map[ConfigID]ConfigCounts {
	counts := map[ConfigID]ConfigCounts{}
	for _, e := range m.order {
		if e.want == nil {
			continue
		}
		c := counts[e.want.configID]
		c.Total++
		switch e.state {
		case DeliveryApplied:
			c.Applied++
		case DeliveryApplying:
			c.Applying++
		case DeliveryFailed:
			c.Failed++
		case DeliveryUnsupported:
			c.Unsupported++
		default:
			c.Pending++
		}
		counts[e.want.configID] = c
	}
	return counts
}

// Configs lists configurations, without their bodies. Errors: Invalid.
func (m *Manager) Configs(q ConfigQuery) (ConfigPage, error) {
	o, err := q.Page.parse(configOrders)
	if err != nil {
		return ConfigPage{}, err
	}
	sel, err := givenSelector(q.Selector)
	if err != nil {
		return ConfigPage{}, err
	}
	text := strings.ToLower(q.Text)
	m.lock()
	defer m.unlock()
	var rows []row[*configEntry]
	for _, e := range m.catalog.byID {
		c := e.config
		if sel != nil && !sel.Matches(configLabels(c.Labels)) {
			continue
		}
		if text != "" && !strings.Contains(strings.ToLower(c.Name+"\n"+string(c.ID)+"\n"+c.Description), text) {
			continue
		}
		rows = append(rows, row[*configEntry]{key: configKey(c, o.field), id: string(c.ID), item: e})
	}
	result := ConfigPage{Total: len(rows)}
	entries, next := page(o, rows)
	result.Next = next
	counts := m.countConfigs()
	result.Configs = make([]ConfigView, len(entries))
	for i, e := range entries {
		result.Configs[i] = ConfigView{Config: e.config, Agents: counts[e.config.ID]}
		result.Configs[i].Config.Labels = maps.Clone(e.config.Labels)
	}
	return result, nil
}

func configKey(c Config, field string) string {
	switch field {
	case "name":
		return c.Name
	case "priority":
		return numberKey(c.Priority)
	case "created_at":
		return timeKey(c.CreatedAt)
	case "updated_at":
		return timeKey(c.UpdatedAt)
	}
	return ""
}

// configLabels shows a configuration's labels to a selector.
type configLabels map[string]string

// Lookup returns the value under key.
func (l configLabels) Lookup(key string) (string, bool) { v, ok := l[key]; return v, ok }

// Has reports whether there is a value under key.
func (l configLabels) Has(key string) bool { _, ok := l[key]; return ok }

// Get returns the value under key; empty if there is none.
func (l configLabels) Get(key string) string { return l[key] }

// Config shows one configuration with its newest body. Errors: NotFound.
func (m *Manager) Config(ctx context.Context, ref string) (ConfigView, error) {
	m.lock()
	defer m.unlock()
	e, err := m.catalog.find(ref)
	if err != nil {
		return ConfigView{}, err
	}
	return m.configView(e, true), nil
}

// ConfigAgents lists the agents that hold a configuration or should. Errors: NotFound, Invalid.
func (m *Manager) ConfigAgents(ref string, p Page) (AgentPage, error) {
	m.lock()
	e, err := m.catalog.find(ref)
	m.unlock()
	if err != nil {
		return AgentPage{}, err
	}
	return m.agentsWhere(filter{config: e.config.ID, hashes: e.hashes}, p)
}

// Versions lists a configuration's versions, without their bodies. Errors: NotFound, Invalid.
func (m *Manager) Versions(ctx context.Context, ref string, p Page) (VersionPage, error) {
	o, err := p.parse(versionOrders)
	if err != nil {
		return VersionPage{}, err
	}
	m.lock()
	e, err := m.catalog.find(ref)
	m.unlock()
	if err != nil {
		return VersionPage{}, err
	}
	var rows []row[Version]
	err = m.o.Store.View(ctx, func(tx Tx) error {
		for v, err := range tx.Versions(e.config.ID) {
			if err != nil {
				return err
			}
			v.Body = nil
			// A version's number and its time ascend together.
			rows = append(rows, row[Version]{id: numberKey(v.Number), item: v})
		}
		return nil
	})
	if err != nil {
		return VersionPage{}, err
	}
	result := VersionPage{Total: len(rows)}
	result.Versions, result.Next = page(o, rows)
	return result, nil
}

// Version reads one version. Errors: NotFound.
func (m *Manager) Version(ctx context.Context, ref string, number int) (Version, error) {
	m.lock()
	e, err := m.catalog.find(ref)
	m.unlock()
	if err != nil {
		return Version{}, err
	}
	return m.version(ctx, e.config, number)
}

func (m *Manager) version(ctx context.Context, c Config, number int) (Version, error) {
	if number < 1 || number > c.Version {
		return Version{}, Errorf(NotFound, "configuration %q has no version %d", c.Name, number)
	}
	return m.o.Store.Version(ctx, c.ID, number)
}
