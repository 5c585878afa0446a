package fleet

import (
	"math"
	"time"
)

// entry is an agent in memory. Everything in it is guarded by Manager.mu; the
// record that agent points to never changes, it is replaced.
type entry struct {
	agent *Agent
	want  *target // what is meant for it; nil for nothing

	link Link // nil while it is disconnected
	// wire is the UID that the agent calls itself, until it takes up the one it was given.
	wire   InstanceUID
	rivals []rival // older connections that may still be alive, oldest first
	twin   *twin   // set while two agents speak under the UID over one link
	given  *rename // how it got its UID; nil if by itself

	lastSeen time.Time
	seq      uint64 // of the last message; agent.SequenceNum is what was saved
	digest   uint64 // of the last message
	heard    bool   // there was a message since the start, so that digest means something

	needFull  bool // to be asked for its full state, when its turn comes
	askedFull bool // asked, and not answered yet
	askedAt   time.Time
	fullAsks  uint8 // asked over this connection in vain
	needList  bool  // its component list is not known
	askedList bool  // asked for the list over this connection
	restart   bool  // the restart command waits to be sent
	queued    bool  // waits in Manager.fullQueue
	announce  bool  // subscribers are to be told that it has connected
	gone      bool  // no longer in the fleet: not to be saved
	starting  bool  // what it manages is not up yet, since startedAt
	startedAt time.Time
	startKept bool   // waits in Manager.starting
	savedSeq  uint64 // the number in the stored record

	// offered is what was sent over this connection, and when.
	offered   ConfigHash
	offeredAt time.Time

	// What is to be stored with the record.
	dirty        bool
	freshTree    bool             // agent.Health holds the tree, even where there is none
	healthDigest uint64           // of the health that was last reported, with its tree
	effective    *EffectiveConfig // nil once stored
	components   Components       // nil once stored

	// What the latest refresh found.
	status AgentStatus
	state  DeliveryState
	error  string
}

// view shows the entry as it is now, without trees and bodies.
func (e *entry) view() AgentView {
	v := AgentView{Agent: *e.agent, Connected: e.link != nil, Status: e.status, Config: e.configState()}
	v.Agent.LastSeenAt = e.lastSeen
	v.Agent.SequenceNum = e.seq
	if h := v.Agent.Health; h != nil && h.Components != nil {
		summary := *h
		summary.Components = nil
		v.Agent.Health = &summary
	}
	return v
}

func (e *entry) configState() ConfigState {
	s := ConfigState{Source: SourceNone, State: e.state, Error: e.error, ChangedAt: e.agent.ConfigChangedAt}
	if t := e.want; t != nil {
		s.ConfigID, s.Name, s.Version, s.Hash, s.Source = t.configID, t.name, t.version, t.remote.Hash, t.source
	}
	return s
}

// currentStatus derives the status.
func (e *entry) currentStatus() AgentStatus {
	switch {
	case e.link == nil:
		return StatusDisconnected
	case e.agent.Health == nil:
		return StatusUnknown
	case e.agent.Health.Healthy:
		return StatusHealthy
	}
	return StatusUnhealthy
}

// sent reports whether want was sent over the present connection. Plain HTTP
// has none that could end: there it is taken for lost when time has passed.
func (e *entry) sent(want ConfigHash, now time.Time) bool {
	lost := e.link != nil && e.link.Transport() == HTTP && now.Sub(e.offeredAt) >= lostAfter
	return e.offered == want && !lost
}

// seqInDoubt stands for the last number of an agent whose full state is still
// awaited: no message follows it, so that it is asked for again after a restart.
const seqInDoubt = math.MaxInt64

// seqToSave is the number to be stored with the record.
func (e *entry) seqToSave() uint64 {
	if e.needFull || e.askedFull {
		return seqInDoubt
	}
	return e.seq
}

// change replaces the record by a changed copy and marks it to be saved.
func (m *Manager) change(e *entry, fn func(a *Agent)) {
	a := *e.agent
	fn(&a)
	e.agent = &a
	m.markDirty(e)
}

func (m *Manager) markDirty(e *entry) {
	if !e.dirty {
		e.dirty = true
		m.dirty = append(m.dirty, e)
	}
}

// refresh brings what is derived up to date and tells subscribers of what changed.
func (m *Manager) refresh(e *entry, now time.Time) {
	state, problem := e.agent.Delivery(e.want.hash())
	stateBefore, statusBefore := e.state, e.status
	moved := state != e.state || problem != e.error
	e.state, e.error, e.status = state, problem, e.currentStatus()
	// A record's first state is news only if a configuration is meant for it.
	moved = moved && (stateBefore != "" || state != DeliveryUnassigned && state != DeliveryUnsupported)
	if moved {
		m.change(e, func(a *Agent) { a.ConfigChangedAt = now })
		if state == DeliveryFailed && stateBefore != DeliveryFailed {
			m.offersFailed.Add(1)
		}
	}
	if e.announce {
		e.announce = false
		m.publishAgent(EventAgentConnected, e, now)
	} else if e.status != statusBefore && statusBefore != StatusDisconnected && e.status != StatusDisconnected && statusBefore != "" {
		m.publishAgent(EventAgentStatus, e, now)
	}
	if moved {
		m.publishAgent(EventAgentConfig, e, now)
	}
}

// setTarget says what is meant for e from now on and reports whether it has to be woken.
func (m *Manager) setTarget(e *entry, t *target, now time.Time) bool {
	if e.want == t {
		return false
	}
	before, stateBefore := e.want, e.state
	e.want = t
	if before.hash() != t.hash() {
		if t != nil {
			if o, known := e.agent.Outcome(t.hash()); known && o.State != OutcomeFailed && o.Offers > 0 {
				m.change(e, func(a *Agent) { a.retarget(t.hash()) })
			}
		}
		e.offered = ""
	}
	m.refresh(e, now)
	if before != nil && t != nil && before.hash() != t.hash() && e.state == stateBefore && e.state != DeliveryUnsupported {
		// The state is what it was, but of another configuration: that is news all the same.
		m.change(e, func(a *Agent) { a.ConfigChangedAt = now })
		m.publishAgent(EventAgentConfig, e, now)
	}
	return e.link != nil && e.agent.Needs(t.hash(), false)
}
