package fleet

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
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

// act is what an operator does to one agent: it looks at the agent and at what is connected, and prepares
// what is to change, or says why it cannot. Nothing has changed when it returns. mu is held.
type act func(m *Manager, e *entry) (agentChange, error)

// agentChange is a change to one agent on its way.
type agentChange struct {
	e     *entry
	state *saved // what is to be stored first; nil for nothing
	// done brings memory in line with what is stored; mu is held.
	done func(now time.Time)
}

// operatorChange is an act that changes the operator's part of the record, which plan does on a copy.
func operatorChange(plan func(m *Manager, a *Agent) error) act {
	return func(m *Manager, e *entry) (agentChange, error) {
		s := m.snapshot(e)
		if err := plan(m, &s.agent); err != nil {
			return agentChange{}, err
		}
		s.agent.Revision++
		return agentChange{e: e, state: &s, done: func(now time.Time) {
			// What the agent has reported in the meantime stays.
			m.change(e, func(a *Agent) {
				a.Labels, a.Assignment, a.Revision = s.agent.Labels, s.agent.Assignment, s.agent.Revision
			})
			if m.setTarget(e, m.catalog.resolve(e.agent), now) {
				m.wake(e)
			}
		}}, nil
	}
}

// changeAgent does something to one agent: durable when it returns.
func (m *Manager) changeAgent(ctx context.Context, ref string, o WriteOptions, do act) (AgentView, error) {
	m.writing.Lock()
	defer m.writing.Unlock()
	var c agentChange
	err := m.locked(func() error {
		e, err := m.find(ref)
		if err != nil {
			return err
		}
		if err := o.allows(e.view().Tag()); err != nil {
			return err
		}
		c, err = do(m, e)
		return err
	})
	if err != nil {
		return AgentView{}, err
	}
	if err := m.commitChanges(ctx, []agentChange{c}); err != nil {
		return AgentView{}, err
	}
	m.lock()
	defer m.unlock()
	return c.e.view(), nil
}

// commitChanges stores changes in one transaction and then brings memory in line. The caller holds writing.
func (m *Manager) commitChanges(ctx context.Context, changes []agentChange) error {
	pins, err := m.storeChanges(ctx, changes)
	if err != nil {
		return err
	}
	now := m.now()
	m.lock()
	defer m.unlock()
	for as, v := range pins {
		if c := m.catalog.byID[as.ConfigID]; c != nil && c.pinned[as.Version] == nil {
			c.pin(as.Version, v.Body)
		}
	}
	for _, c := range changes {
		c.done(now)
	}
	return nil
}

// storeChanges returns the versions that agents are assigned to from now on.
func (m *Manager) storeChanges(ctx context.Context, changes []agentChange) (map[Assignment]Version, error) {
	pins := map[Assignment]Version{}
	if !slices.ContainsFunc(changes, func(c agentChange) bool { return c.state != nil }) {
		return pins, nil // A store that fails is not in the way of what needs none.
	}
	err := m.o.Store.Update(ctx, func(tx Tx) error {
		for _, c := range changes {
			if c.state == nil {
				continue
			}
			as := c.state.agent.Assignment
			if _, read := pins[as]; !read && as.Version != 0 {
				v, err := tx.Version(as.ConfigID, as.Version)
				if err != nil {
					return err
				}
				pins[as] = v
			}
			if err := c.state.put(tx); err != nil {
				return err
			}
		}
		return nil
	})
	return pins, err
}

// PatchLabels sets the operator's labels, and removes those whose value is nil.
// Errors: NotFound, Conflict, Unprocessable, Stale.
func (m *Manager) PatchLabels(ctx context.Context, ref string, patch map[string]*string, o WriteOptions) (AgentView, error) {
	return m.changeAgent(ctx, ref, o, patchLabels(patch))
}

func patchLabels(patch map[string]*string) act {
	return operatorChange(func(_ *Manager, a *Agent) error {
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
	return m.changeAgent(ctx, ref, o, assign(configRef, version))
}

func assign(configRef string, version int) act {
	return operatorChange(func(m *Manager, a *Agent) error {
		c, err := m.catalog.findVersion(configRef, version)
		if err != nil {
			return err
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
	return m.changeAgent(ctx, ref, o, unassign())
}

func unassign() act {
	return operatorChange(func(_ *Manager, a *Agent) error {
		a.Assignment = Assignment{}
		return nil
	})
}

// Retry offers once more what has failed. Errors: NotFound; Conflict where nothing has.
func (m *Manager) Retry(ctx context.Context, ref string) (AgentView, error) {
	return m.changeAgent(ctx, ref, WriteOptions{}, retry)
}

func retry(m *Manager, e *entry) (agentChange, error) {
	if e.state != DeliveryFailed {
		return agentChange{}, Errorf(Conflict, "agent %q has no failed configuration to retry", e.agent.Name())
	}
	want := e.want.hash()
	s := m.snapshot(e)
	at := m.now()
	s.agent.retry(want, at)
	return agentChange{e: e, state: &s, done: func(now time.Time) {
		m.change(e, func(a *Agent) { a.retry(want, at) })
		e.offered = ""
		m.refresh(e, now)
		m.wake(e)
	}}, nil
}

// Restart sends the restart command. Errors: NotFound; Conflict where the agent
// is not connected or does not accept it.
func (m *Manager) Restart(_ context.Context, ref string) (AgentView, error) {
	m.lock()
	defer m.unlock()
	e, err := m.find(ref)
	if err != nil {
		return AgentView{}, err
	}
	c, err := restart(m, e)
	if err != nil {
		return AgentView{}, err
	}
	c.done(m.now())
	return e.view(), nil
}

func restart(m *Manager, e *entry) (agentChange, error) {
	switch {
	case e.link == nil:
		return agentChange{}, Errorf(Conflict, "agent %q is not connected", e.agent.Name())
	case !e.agent.Capabilities.Has(AcceptsRestartCommand):
		return agentChange{}, Errorf(Conflict, "agent %q does not accept the restart command", e.agent.Name())
	}
	return agentChange{e: e, done: func(time.Time) {
		e.restart = true
		m.wake(e)
	}}, nil
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
