package fleet

import (
	"slices"
	"time"
)

// rivalMemory is how long the older of two connections that used one UID is remembered.
const rivalMemory = 10 * time.Minute

// rival is an older connection of a UID that a newer one has taken over, and
// may still be alive.
type rival struct {
	link Link
	seq  uint64 // the last that came over it
	at   time.Time
}

// twin is what is known of a second agent that speaks under the UID over the
// same link: behind one gateway, or over plain HTTP. The two are told apart by
// their sequence numbers or, where those run in step, by their addresses.
type twin struct {
	seq     uint64 // the older line's last number, before a gap began the newer one
	address string // where the other agent speaks from
	at      time.Time
	echoes  int // messages that repeated a number from another address, in a row

	// to is set once both are known to be alive: the UID that the later one is to take.
	to InstanceUID
	// next is the number that the later one will use next.
	next uint64
}

// claim settles whether what comes over link under the UID of e is the agent's
// own. It reports false where it is not to be processed: the reply says so
// already then. Source: OpAMP, Duplicate WebSocket Connections.
//
// Of two connections with one UID the newer is believed at once, and the older
// is then tried: by a ping where it carries this UID alone, else by waiting
// for a message. If it lives, the older keeps the UID.
func (m *Manager) claim(e *entry, link Link, r *Report, reply *Reply, now time.Time) bool {
	e.rivals = slices.DeleteFunc(e.rivals, func(x rival) bool { return x.link.Shared() && now.Sub(x.at) > rivalMemory })
	switch {
	case e.link == nil:
		m.moveLink(e, link, r, now)
		e.announce = true
		return true
	case e.link == link:
		return m.claimSameLink(e, link, r, reply, now)
	}
	if i := e.rivalIndex(link); i >= 0 {
		m.claimOlder(e, i, r, now)
		return true
	}
	tried := e.contested()
	e.rivals = append(e.rivals, rival{link: e.link, seq: e.seq, at: now})
	m.moveLink(e, link, r, now)
	if !tried {
		m.try(e)
	}
	return true
}

// rivalIndex finds link among the older connections; -1 if it is none of them.
func (e *entry) rivalIndex(link Link) int {
	return slices.IndexFunc(e.rivals, func(x rival) bool { return x.link == link })
}

// contested reports whether an older connection is being tried. Until that is
// settled the newer one is sent nothing but acknowledgements.
func (e *entry) contested() bool {
	return slices.ContainsFunc(e.rivals, func(x rival) bool { return !x.link.Shared() })
}

// try asks the oldest connection for a sign of life of which that can tell anything.
func (m *Manager) try(e *entry) {
	i := slices.IndexFunc(e.rivals, func(x rival) bool { return !x.link.Shared() })
	if i < 0 {
		return
	}
	older := e.rivals[i].link
	m.later(func() { older.Probe(func(alive bool) { m.settle(e, older, alive) }) })
}

// claimOlder handles a message over an older connection, which was not waited for.
func (m *Manager) claimOlder(e *entry, i int, r *Report, now time.Time) {
	older := e.rivals[i]
	if older.link.Shared() && (r.SequenceNum == e.seq+1 || r.starts()) && r.SequenceNum != older.seq+1 {
		// It goes on where the newer connection left off, or starts anew: one agent, which has moved back.
		tried := e.contested()
		e.rivals = append(slices.Delete(e.rivals, i, i+1), rival{link: e.link, seq: e.seq, at: now})
		m.moveLink(e, older.link, r, now)
		if !tried {
			m.try(e)
		}
		return
	}
	m.keepOlder(e, i, now)
}

// settle is told whether an older connection gave a sign of life.
func (m *Manager) settle(e *entry, older Link, alive bool) {
	now := m.now()
	m.lock()
	defer m.unlock()
	i := e.rivalIndex(older)
	switch {
	case i < 0:
	case alive && older.Shared():
		m.wake(e) // The peer has become one that carries many: of the agent its pong says nothing.
	case alive:
		m.keepOlder(e, i, now)
	default:
		m.dropRival(e, i)
	}
}

// dropRival takes an older connection for dead, and tries the next.
func (m *Manager) dropRival(e *entry, i int) {
	e.rivals = slices.Delete(e.rivals, i, i+1)
	if e.contested() {
		m.try(e)
		return
	}
	if len(e.rivals) == 0 {
		e.rivals = nil
	}
	m.wake(e) // What had to wait can be sent now.
}

// keepOlder gives the UID back to an older connection, which lives, and sends
// the agents of the newer ones away with fresh UIDs.
func (m *Manager) keepOlder(e *entry, i int, now time.Time) {
	older := e.rivals[i]
	newer := []Link{e.link}
	for _, x := range e.rivals[i+1:] {
		newer = append(newer, x.link)
	}
	for _, link := range newer {
		m.sendAway(e, link, now)
	}
	e.rivals = e.rivals[:i]
	m.moveLink(e, older.link, nil, now)
	e.seq, e.heard = older.seq, false
	// What is on record may be another's.
	e.needFull = true
	m.queueFull(e)
	m.wake(e)
}

// sendAway gives the agent that uses the UID of e over link a fresh one.
func (m *Manager) sendAway(e *entry, link Link, now time.Time) {
	fresh, ok := m.freshUID(e, e.agent.RemoteAddress)
	if !ok {
		return
	}
	wire := e.wire
	m.sentAway(link, wire, fresh, now)
	m.later(func() { link.Wake(wire) })
}

// freshUID makes a UID for the later of two agents, and tells the operator.
func (m *Manager) freshUID(e *entry, from string) (InstanceUID, bool) {
	fresh, err := NewInstanceUID()
	if err != nil {
		m.log.Error("no randomness for a new instance UID", "err", err)
		return fresh, false
	}
	m.duplicates.Add(1)
	m.log.Warn("two agents share an instance UID; the later one is given another", "instance_uid", e.agent.UID,
		"name", e.agent.Name(), "later_from", from, "new_instance_uid", fresh)
	return fresh, true
}

// claimSameLink tells two agents apart that use one UID over one link.
func (m *Manager) claimSameLink(e *entry, link Link, r *Report, reply *Reply, now time.Time) bool {
	if !link.Shared() || !e.heard {
		return true
	}
	t := e.twin
	if t != nil && now.Sub(t.at) > rivalMemory {
		m.dropTwin(e)
		t = nil
	}
	if t != nil && !t.to.IsZero() {
		if e.twinSpeaks(r, now) {
			t.next, t.at = r.SequenceNum+1, now
			reply.NewUID = t.to
			return false
		}
		return true
	}
	follows := r.SequenceNum == e.seq+1
	if follows {
		return true
	}
	if r.SequenceNum == e.seq {
		return m.claimEcho(e, r, reply, now)
	}
	if t != nil && r.SequenceNum == t.seq+1 && t.echoes == 0 {
		// The older line goes on although a newer one had begun: both are alive.
		if !m.separate(e, t, e.seq+1, e.agent.RemoteAddress, now) {
			return true
		}
		e.seq = t.seq
		return true
	}
	e.twin = &twin{seq: e.seq, address: e.agent.RemoteAddress, at: now}
	return true
}

// twinSpeaks reports whether r is a message of the other of two agents that are known to use one UID over one link.
func (e *entry) twinSpeaks(r *Report, now time.Time) bool {
	t := e.twin
	return t != nil && !t.to.IsZero() && now.Sub(t.at) <= rivalMemory &&
		r.SequenceNum == t.next && (r.SequenceNum != e.seq+1 || r.RemoteAddress == t.address)
}

// claimEcho looks at a message that repeats the last number: a retry, unless
// numbers are repeated from another address time and again.
func (m *Manager) claimEcho(e *entry, r *Report, reply *Reply, now time.Time) bool {
	if r.RemoteAddress == e.agent.RemoteAddress {
		return true
	}
	t := e.twin
	if t == nil || t.address != r.RemoteAddress || t.seq+1 != r.SequenceNum || t.echoes == 0 {
		e.twin = &twin{seq: r.SequenceNum, address: r.RemoteAddress, at: now, echoes: 1}
		return true
	}
	t.seq, t.at = r.SequenceNum, now
	t.echoes++
	if !m.separate(e, t, r.SequenceNum+1, r.RemoteAddress, now) {
		return true
	}
	reply.NewUID = t.to
	return false
}

// separate decides that the agent which will use next is to take a fresh UID.
func (m *Manager) separate(e *entry, t *twin, next uint64, address string, now time.Time) bool {
	fresh, ok := m.freshUID(e, address)
	if !ok {
		return false
	}
	t.to, t.next, t.address, t.at = fresh, next, address, now
	m.twins[fresh] = e
	e.needFull = true
	m.queueFull(e)
	return true
}

// dropTwin forgets the second agent that speaks under the UID of e.
func (m *Manager) dropTwin(e *entry) {
	if e.twin != nil {
		delete(m.twins, e.twin.to)
		e.twin = nil
	}
}

// moveLink makes link the connection of e. r, the message that came over it, may be nil.
func (m *Manager) moveLink(e *entry, link Link, r *Report, now time.Time) {
	e.needFull = e.needFull || e.askedFull // The answer has not come, and will not come any more.
	e.link, e.offered, e.fullAsks, e.askedFull, e.askedList, e.restart = link, "", 0, false, false, false
	e.heard = false // A message like the last one over another connection is no repetition: an agent that starts anew says the same.
	a := *e.agent
	a.Transport, a.ConnectedAt = link.Transport(), now
	if r != nil {
		a.RemoteAddress = r.RemoteAddress
	}
	e.agent = &a // Written with the next change: a connection alone is not worth a write.
}

// Disconnected tells that link has ended, which carried the given UIDs.
func (m *Manager) Disconnected(link Link, uids ...InstanceUID) {
	now := m.now()
	m.lock()
	defer m.unlock()
	for _, uid := range uids {
		if e := m.agents[uid]; e != nil {
			m.detach(e, link, now)
		}
		rn := m.renames[renameKey{link, uid}]
		switch {
		case rn == nil:
		case !rn.moved:
			m.dropRename(renameKey{link, uid})
		case m.agents[rn.to] != nil:
			m.detach(m.agents[rn.to], link, now) // The rename stays: the agent may come back under the old UID.
		}
	}
}

// detach ends the connection of e over link, if that is what it has.
func (m *Manager) detach(e *entry, link Link, now time.Time) {
	if i := e.rivalIndex(link); i >= 0 {
		m.dropRival(e, i)
		return
	}
	if e.link != link {
		return
	}
	for len(e.rivals) > 0 {
		older := e.rivals[len(e.rivals)-1]
		e.rivals = e.rivals[:len(e.rivals)-1]
		if older.link.Shared() {
			continue // Nobody knows whether the agent is still there; its next message will tell.
		}
		// The newer connection went before the older was tried: the older has the UID again.
		m.moveLink(e, older.link, nil, now)
		e.seq, e.heard, e.needFull = older.seq, false, true
		m.queueFull(e)
		m.wake(e)
		return
	}
	m.dropTwin(e)
	m.leftUnheard(e)
	e.link, e.rivals, e.restart = nil, nil, false
	m.markDirty(e) // for last_seen_at
	m.refresh(e, now)
	m.publishAgent(EventAgentDisconnected, e, now)
}
