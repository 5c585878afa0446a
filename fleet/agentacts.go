package fleet

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Tag names the state of the operator's part: equal tags, equal parts.
// A record that was forgotten and began anew differs in when it was first seen.
func (v AgentView) Tag() string {
	return fmt.Sprintf("%v-%x-%d", v.Agent.UID, v.Agent.FirstSeenAt.Unix(), v.Agent.Revision)
}

// Tag names the state of the operator's part: equal tags, equal parts.
func (v ConfigView) Tag() string { return fmt.Sprintf("%v-%d", v.Config.ID, v.Config.Revision) }

// allows reports whether the conditions hold for a resource whose tag is current. Errors: Stale.
func (o WriteOptions) allows(current string) error {
	if o.IfMatch == nil || slices.Contains(o.IfMatch, "*") || slices.Contains(o.IfMatch, current) {
		return nil
	}
	return Errorf(Stale, "it has changed since it was read")
}

// changeAgent makes an operator's change to one agent: durable when it returns.
// plan sees the record and what is connected, and changes a; it holds mu.
func (m *Manager) changeAgent(ctx context.Context, ref string, o WriteOptions, plan func(e *entry, a *Agent) error) (AgentView, error) {
	m.writing.Lock()
	defer m.writing.Unlock()
	var e *entry
	var s saved
	err := m.locked(func() (err error) {
		if e, err = m.find(ref); err != nil {
			return err
		}
		if err := o.allows(e.view().Tag()); err != nil {
			return err
		}
		s = m.snapshot(e)
		return plan(e, &s.agent)
	})
	if err != nil {
		return AgentView{}, err
	}
	s.agent.Revision++
	var pin *Version
	err = m.o.Store.Update(ctx, func(tx Tx) error {
		if as := s.agent.Assignment; as.Version != 0 {
			v, err := tx.Version(as.ConfigID, as.Version)
			if err != nil {
				return err
			}
			pin = &v
		}
		return s.put(tx)
	})
	if err != nil {
		return AgentView{}, err
	}

	now := m.now()
	m.lock()
	defer m.unlock()
	if pin != nil {
		if c := m.catalog.byID[pin.ConfigID]; c != nil && c.pinned[pin.Number] == nil {
			c.pin(pin.Number, pin.Body)
		}
	}
	// What the agent has reported in the meantime stays.
	m.change(e, func(a *Agent) {
		a.Labels, a.Assignment, a.Revision = s.agent.Labels, s.agent.Assignment, s.agent.Revision
	})
	if m.setTarget(e, m.catalog.resolve(e.agent), now) {
		m.wake(e)
	}
	return e.view(), nil
}

// PatchLabels sets the operator's labels, and removes those whose value is nil.
// Errors: NotFound, Conflict, Unprocessable, Stale.
func (m *Manager) PatchLabels(ctx context.Context, ref string, patch map[string]*string, o WriteOptions) (AgentView, error) {
	return m.changeAgent(ctx, ref, o, func(_ *entry, a *Agent) error {
		labels := maps.Clone(a.Labels)
		if labels == nil {
			labels = map[string]string{}
		}
		for k, v := range patch {
			if v == nil {
				delete(labels, k)
			} else {
				labels[k] = *v
			}
		}
		a.Labels = labels
		return CheckLabels(labels)
	})
}

// Assign says which configuration the agent is to run, whatever the selectors
// say; version 0 follows the newest. Errors: NotFound; Conflict where the agent
// does not accept remote configuration; Stale.
func (m *Manager) Assign(ctx context.Context, ref, configRef string, version int, o WriteOptions) (AgentView, error) {
	return m.changeAgent(ctx, ref, o, func(_ *entry, a *Agent) error {
		c, err := m.catalog.find(configRef)
		if err != nil {
			return err
		}
		if version < 0 || version > c.config.Version {
			return Errorf(NotFound, "configuration %q has no version %d", c.config.Name, version)
		}
		if !a.Capabilities.Has(AcceptsRemoteConfig) {
			return Errorf(Conflict, "agent %q does not accept remote configuration", a.Name())
		}
		a.Assignment = Assignment{ConfigID: c.config.ID, Version: version}
		return nil
	})
}

// Unassign takes the assignment away: selectors decide again. Errors: NotFound, Conflict, Stale.
func (m *Manager) Unassign(ctx context.Context, ref string, o WriteOptions) (AgentView, error) {
	return m.changeAgent(ctx, ref, o, func(_ *entry, a *Agent) error {
		a.Assignment = Assignment{}
		return nil
	})
}

// Retry offers once more what has failed. Errors: NotFound; Conflict where nothing has.
func (m *Manager) Retry(ctx context.Context, ref string) (AgentView, error) {
	m.writing.Lock()
	defer m.writing.Unlock()
	now := m.now()
	var e *entry
	var s saved
	var want ConfigHash
	err := m.locked(func() (err error) {
		if e, err = m.find(ref); err != nil {
			return err
		}
		if e.state != DeliveryFailed {
			return Errorf(Conflict, "agent %q has no failed configuration to retry", e.agent.Name())
		}
		want = e.want.hash()
		s = m.snapshot(e)
		s.agent.retry(want, now)
		return nil
	})
	if err != nil {
		return AgentView{}, err
	}
	if err := m.o.Store.Update(ctx, s.put); err != nil {
		return AgentView{}, err
	}
	m.lock()
	defer m.unlock()
	m.change(e, func(a *Agent) { a.retry(want, now) })
	e.offered = ""
	m.refresh(e, now)
	m.wake(e)
	return e.view(), nil
}

// Restart sends the restart command. Errors: NotFound; Conflict where the agent
// is not connected or does not accept it.
func (m *Manager) Restart(_ context.Context, ref string) (AgentView, error) {
	m.lock()
	defer m.unlock()
	e, err := m.find(ref)
	switch {
	case err != nil:
		return AgentView{}, err
	case e.link == nil:
		return AgentView{}, Errorf(Conflict, "agent %q is not connected", e.agent.Name())
	case !e.agent.Capabilities.Has(AcceptsRestartCommand):
		return AgentView{}, Errorf(Conflict, "agent %q does not accept the restart command", e.agent.Name())
	}
	e.restart = true
	m.wake(e)
	return e.view(), nil
}

// ForgetAgent removes the record. Errors: NotFound; Conflict while it is connected; Stale.
func (m *Manager) ForgetAgent(ctx context.Context, ref string, o WriteOptions) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	var e *entry
	err := m.locked(func() (err error) {
		if e, err = m.find(ref); err != nil {
			return err
		}
		if err := o.allows(e.view().Tag()); err != nil {
			return err
		}
		if e.link != nil {
			return Errorf(Conflict, "agent %q is connected; it can be forgotten once it is gone", e.agent.Name())
		}
		return nil
	})
	if err != nil {
		return err
	}
	return m.forget(ctx, []*entry{e})
}
