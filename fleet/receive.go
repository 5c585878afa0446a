package fleet

import (
	"context"
	"slices"
	"time"
)

const (
	// maxFullAsks bounds how often an agent is asked for its full state over one connection in vain.
	maxFullAsks = 3
	// fullPatience is how long an agent that was asked for it is sent nothing else meanwhile.
	fullPatience = 5 * time.Second
)

// Receive takes in what an agent said over link and decides what to answer.
// r is taken over. Errors: Invalid where something in it is too large; Unavailable
// while the Manager stops, and where a new UID could not be stored.
func (m *Manager) Receive(ctx context.Context, link Link, r *Report) (Reply, error) {
	if err := r.check(); err != nil {
		return Reply{UID: r.UID}, err
	}
	now := m.now()
	effective := m.redacted(r.EffectiveConfig)
	m.redactErrors(r)
	if r.RequestUID {
		if err := m.giveUID(ctx, link, r, now); err != nil {
			return Reply{}, err
		}
	}
	m.lock()
	defer m.unlock()
	reply := Reply{UID: r.UID}
	if m.closed {
		return reply, Errorf(Unavailable, "the server is stopping")
	}
	e, rn := m.known(link, r.UID, now)
	if rn != nil {
		reply.NewUID, rn.told = rn.to, true
		if !rn.moved {
			return reply, nil
		}
		m.renames[renameKey{link, r.UID}] = rn // It may have come back over another link.
	}
	if e == nil {
		if len(m.order) >= m.o.MaxKnown {
			return Reply{}, Errorf(Unavailable, "%d agents are known, and no more are taken: forget some, or raise agents.max_known", len(m.order))
		}
		uid := r.UID
		if rn != nil {
			uid = rn.to
		}
		e = m.newEntry(uid, now)
		e.given = rn
	}
	e.wire = r.UID
	if !m.claim(e, link, r, &reply, now) {
		return reply, nil
	}
	e.lastSeen = now
	if r.RemoteAddress != "" && r.RemoteAddress != e.agent.RemoteAddress {
		a := *e.agent
		a.RemoteAddress = r.RemoteAddress
		e.agent = &a
	}
	if repeated := e.heard && r.SequenceNum == e.seq && r.Digest == e.digest; repeated {
		m.repeat(e, &reply)
		m.refresh(e, now)
	} else {
		m.process(e, r, effective, now)
		m.decide(e, &reply, now)
	}
	if r.Disconnecting {
		m.detach(e, link, now)
	}
	return reply, nil
}

// redactErrors hides credentials in the errors that an agent reports: they may quote its configuration.
func (m *Manager) redactErrors(r *Report) {
	if m.o.RedactText == nil {
		return
	}
	if s := r.RemoteConfigStatus; s != nil {
		s.Error = m.o.RedactText(s.Error)
	}
	if r.Health != nil {
		r.Health.mapErrors(m.o.RedactText)
	}
}

// redacted hides credentials in what an agent reported; nil where it reported nothing.
func (m *Manager) redacted(files ConfigMap) *EffectiveConfig {
	if files == nil {
		return nil
	}
	c := EffectiveConfig{Files: files}
	if m.o.Redact != nil {
		c.Files, c.Redacted = m.o.Redact(files)
	}
	c.Hash = c.Files.Hash()
	return &c
}

// process takes a message into the record. Source: OpAMP, Agent Status Compression.
func (m *Manager) process(e *entry, r *Report, effective *EffectiveConfig, now time.Time) {
	fresh := e.agent.Description.Identifying == nil && e.agent.Description.NonIdentifying == nil
	follows := r.SequenceNum == e.seq+1 && !(fresh && !e.heard)
	if !e.heard && e.seq == r.SequenceNum && !fresh {
		follows = true // Its last message before a restart of the server, sent again.
	}
	e.seq, e.digest, e.heard = r.SequenceNum, r.Digest, true
	if r.starts() {
		e.offered = "" // On a link that stays, what was sent went to the agent's earlier life.
	}
	m.noteStart(e, r, now)
	m.markReceived(e, now)

	m.apply(e, r, effective, now)
	if e.agent.Capabilities.Has(ReportsAvailableComponents) {
		e.needList = e.agent.ComponentsReported != "" && e.agent.Components == ""
	}
	switch {
	case r.full(e.agent.Capabilities):
		e.needFull, e.askedFull, e.fullAsks = false, false, 0
	case !follows, e.agent.Description.Identifying == nil && e.agent.Description.NonIdentifying == nil:
		e.needFull = true
	case r.Description != nil:
		e.askedFull = false // As full an answer as this agent gives.
	}
	m.refresh(e, now)
	if r.Description != nil {
		m.setTarget(e, m.catalog.resolve(e.agent), now)
	}
}

// starts reports whether r is the first message of an agent that has just started.
func (r *Report) starts() bool { return r.SequenceNum == 0 && r.Description != nil }

// full reports whether r holds everything that an agent with these capabilities has to say.
func (r *Report) full(c Capabilities) bool {
	if r.Description == nil {
		return false
	}
	if r.starts() {
		return true // It says all that it has to say.
	}
	return (r.Health != nil || !c.Has(ReportsHealth)) &&
		(r.EffectiveConfig != nil || !c.Has(ReportsEffectiveConfig)) &&
		(r.RemoteConfigStatus != nil || !c.Has(ReportsRemoteConfig))
}

// apply takes r into the record. One that says nothing new leaves it as it is, and is not written.
func (m *Manager) apply(e *entry, r *Report, effective *EffectiveConfig, now time.Time) {
	a := *e.agent
	changed := false
	if r.Capabilities != 0 && r.Capabilities != a.Capabilities {
		a.Capabilities, changed = r.Capabilities, true
	}
	if r.Description != nil && !r.Description.equal(a.Description) {
		a.Description, changed = *r.Description, true
	}
	if r.Health != nil {
		if digest := r.Health.digest(m.seed); a.Health == nil || digest != e.healthDigest {
			a.Health, e.freshTree, e.healthDigest, changed = r.Health, true, digest, true
		}
	}
	if effective != nil && effective.Hash != a.EffectiveConfig {
		a.EffectiveConfig, a.EffectiveConfigRedacted, e.effective, changed = effective.Hash, effective.Redacted, effective, true
	}
	if r.ComponentsHash != "" && r.ComponentsHash != a.ComponentsReported {
		a.ComponentsReported, a.Components, e.components, changed = r.ComponentsHash, "", nil, true
		e.askedList = false
	}
	if r.Components != nil {
		if h := r.Components.Hash(); h != a.Components {
			a.Components, e.components, changed = h, r.Components, true
		}
	}
	if r.RemoteConfigStatus != nil {
		status, outcomes := a.RemoteConfigStatus, a.Outcomes
		a.observe(*r.RemoteConfigStatus, e.offered, now)
		changed = changed || a.RemoteConfigStatus != status || !slices.Equal(a.Outcomes, outcomes)
	}
	if !changed {
		return
	}
	before := e.state
	e.agent = &a
	m.markDirty(e)
	m.observeApplied(e, before, now)
}

// observeApplied measures how long an offer took, once the agent says that it has applied it.
func (m *Manager) observeApplied(e *entry, before DeliveryState, now time.Time) {
	if m.o.ObserveApplied == nil || before == DeliveryApplied || e.offered == "" || e.offered != e.want.hash() {
		return
	}
	if state, _ := e.agent.Delivery(e.offered); state == DeliveryApplied {
		m.o.ObserveApplied(now.Sub(e.offeredAt))
	}
}

// markReceived notes that an offer has arrived, as a message after it shows.
func (m *Manager) markReceived(e *entry, now time.Time) {
	if e.offered == "" || e.link == nil {
		return
	}
	if e.link.Transport() == WebSocket && now.Sub(e.offeredAt) < receivedAfter {
		return
	}
	if o, known := e.agent.Outcome(e.offered); known && !o.Received {
		m.change(e, func(a *Agent) { a.received(e.offered) })
	}
}

// decide fills in what to tell the agent now.
func (m *Manager) decide(e *entry, reply *Reply, now time.Time) {
	if e.restart && !e.contested() {
		e.restart = false
		*reply = Reply{UID: reply.UID, Restart: true}
		if m.due(e, now) {
			m.wake(e)
		}
		return
	}
	if e.needFull {
		if m.askFull(e, now) {
			reply.ReportFullState = true
		} else {
			m.queueFull(e)
		}
	}
	if e.needList && !e.askedList {
		e.askedList, reply.ReportComponents = true, true
	}
	if !reply.ReportFullState && !e.inDoubt(now) {
		// An agent that fails as it did before a retry has no news, and its client says
		// nothing unless it is asked: opamp-go compares a status with the one before it.
		silent := e.agent.answered(e.want.hash())
		reply.RemoteConfig = m.offer(e, now)
		reply.ReportFullState = silent && reply.RemoteConfig != nil
	}
}

// askFull takes a place in the queue of those that are asked for their full state.
func (m *Manager) askFull(e *entry, now time.Time) bool {
	if e.fullAsks >= maxFullAsks {
		e.needFull = false
		return false
	}
	if !m.fullState.AllowN(now, 1) {
		return false
	}
	e.needFull, e.askedFull, e.askedAt = false, true, now
	e.fullAsks++
	return true
}

// inDoubt reports whether the full state is still to be asked for, or was a
// moment ago: what the agent runs may be what would be offered. Or the agent is
// still starting what it manages.
func (e *entry) inDoubt(now time.Time) bool {
	return e.needFull || e.askedFull && now.Sub(e.askedAt) < fullPatience ||
		e.starting && now.Sub(e.startedAt) < startPatience
}

// offer decides whether a configuration is to be sent now, and records it.
func (m *Manager) offer(e *entry, now time.Time) *RemoteConfig {
	want := e.want.hash()
	if e.contested() || want == "" {
		return nil
	}
	if e.agent.exhausted(want, e.sent(want, now)) {
		m.change(e, func(a *Agent) { a.giveUp(want, now) })
		m.refresh(e, now)
		return nil
	}
	if !e.agent.Needs(want, e.sent(want, now)) {
		return nil
	}
	first := false
	m.change(e, func(a *Agent) { first = a.offer(want, now) })
	if first {
		m.offersSent.Add(1)
	}
	e.offered, e.offeredAt = want, now
	m.refresh(e, now)
	return e.want.remote
}

// repeat answers a message that was answered before: with the same, as far as it is still true.
func (m *Manager) repeat(e *entry, reply *Reply) {
	reply.ReportFullState = e.askedFull
	reply.ReportComponents = e.needList && e.askedList
	if o, known := e.agent.Outcome(e.offered); known && !o.Received && e.offered == e.want.hash() && !reply.ReportFullState {
		reply.RemoteConfig = e.want.remote
	}
}

// due reports whether there is something to tell the agent.
func (m *Manager) due(e *entry, now time.Time) bool {
	want := e.want.hash()
	if e.needFull || e.contested() {
		return e.needFull
	}
	if e.inDoubt(now) {
		return e.restart
	}
	return e.restart || e.agent.Needs(want, e.sent(want, now)) || e.agent.exhausted(want, e.sent(want, now))
}

// Due decides what to tell the agent that link knows as uid without having
// been asked. It reports false where there is nothing; else it is to be called again.
func (m *Manager) Due(link Link, uid InstanceUID) (Reply, bool) {
	now := m.now()
	m.lock()
	defer m.unlock()
	reply := Reply{UID: uid}
	e, rn := m.known(link, uid, now)
	if rn != nil && !rn.told {
		rn.told = true
		reply.NewUID = rn.to
		return reply, true
	}
	if m.closed || e == nil || e.link != link || !m.due(e, now) {
		return Reply{}, false
	}
	m.decide(e, &reply, now)
	return reply, reply.Restart || reply.ReportFullState || reply.ReportComponents || reply.RemoteConfig != nil
}

// newEntry begins the record of an agent that is not known.
func (m *Manager) newEntry(uid InstanceUID, now time.Time) *entry {
	e := &entry{agent: &Agent{UID: uid, FirstSeenAt: now, LastSeenAt: now}, wire: uid, lastSeen: now}
	m.insert(e)
	m.markDirty(e)
	m.taken(uid)
	if other := m.twins[uid]; other != nil {
		m.dropTwin(other)
	}
	return e
}
