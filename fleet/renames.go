package fleet

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// renameMemory is how long an agent that was given a new UID may go on under the old one.
const renameMemory = 10 * time.Minute

// renameKey is a UID as one link uses it.
type renameKey struct {
	link Link
	uid  InstanceUID
}

// rename is a UID given to the agent that a link knows under another one.
type rename struct {
	to InstanceUID
	// moved: the record has moved along, and what comes under the old UID
	// belongs to it. Otherwise the old UID is somebody else's, and what comes
	// under it over this link is answered and not processed.
	moved bool
	told  bool
	seq   uint64 // of the message that asked for it
	at    time.Time
}

// sentAway notes that the agent which link knows as uid is to take the UID to, and nothing else.
func (m *Manager) sentAway(link Link, uid, to InstanceUID, now time.Time) {
	key := renameKey{link, uid}
	m.dropRename(key)
	m.renames[key] = &rename{to: to, at: now}
	m.takers[to] = key
}

// dropRename forgets what one link's agent was given.
func (m *Manager) dropRename(key renameKey) {
	rn := m.renames[key]
	if rn == nil {
		return
	}
	delete(m.renames, key)
	if !rn.moved {
		delete(m.takers, rn.to)
	}
}

// taken drops what said that somebody is to take uid, who now has.
func (m *Manager) taken(uid InstanceUID) {
	if key, ok := m.takers[uid]; ok {
		m.dropRename(key)
	}
}

// known finds the agent that link means by uid: its entry, and the UID it is to be told, if any.
func (m *Manager) known(link Link, uid InstanceUID, now time.Time) (e *entry, rn *rename) {
	rn = m.renames[renameKey{link, uid}]
	if rn == nil && m.agents[uid] == nil {
		rn = m.unheardUnder(uid)
	}
	if rn != nil && now.Sub(rn.at) > renameMemory {
		rn = nil
	}
	if rn != nil && rn.moved {
		return m.agents[rn.to], rn
	}
	return m.agents[uid], rn
}

// leftUnheard notes that the agent of e lost its connection before it took the
// UID up under which its record is.
func (m *Manager) leftUnheard(e *entry) {
	if e.given != nil && e.wire != e.agent.UID && !slices.Contains(m.unheard[e.wire], e) {
		m.unheard[e.wire] = append(m.unheard[e.wire], e)
	}
}

// unheardUnder finds the new UID of an agent that left unheard: it comes back
// under the old one.
func (m *Manager) unheardUnder(uid InstanceUID) *rename {
	for _, e := range m.unheard[uid] {
		if e.awaitedUnder(uid) {
			return e.given
		}
	}
	return nil
}

// awaitedUnder reports whether the agent of e may come back under uid, which it had before.
func (e *entry) awaitedUnder(uid InstanceUID) bool { return e.link == nil && !e.gone && e.wire == uid }

// dropRenames forgets what is too old to matter.
func (m *Manager) dropRenames(now time.Time) {
	old := func(rn *rename) bool { return now.Sub(rn.at) > renameMemory }
	for key, rn := range m.renames {
		if old(rn) {
			m.dropRename(key)
		}
	}
	for uid, list := range m.unheard {
		list = slices.DeleteFunc(list, func(e *entry) bool { return !e.awaitedUnder(uid) || old(e.given) })
		if m.unheard[uid] = list; len(list) == 0 {
			delete(m.unheard, uid)
		}
	}
}

// giveUID moves the record of an agent that asks for a new UID, with all its
// history, durably. A repeated request has the same answer. Source: OpAMP,
// AgentToServerFlags.RequestInstanceUid.
func (m *Manager) giveUID(ctx context.Context, link Link, r *Report, now time.Time) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	key := renameKey{link, r.UID}
	var answered bool
	var fresh InstanceUID
	var e *entry
	var s saved
	err := m.locked(func() (err error) {
		var rn *rename
		e, rn = m.known(link, r.UID, now)
		if rn != nil && (!rn.moved || rn.seq == r.SequenceNum || m.renames[key] == nil) {
			// Answered before, be it that the answer was lost with the connection.
			if rn.moved {
				m.renames[key] = rn
			}
			answered = true
			return nil
		}
		if e != nil && e.link == link && e.twinSpeaks(r, now) {
			answered = true // It is to take another UID as it is.
			return nil
		}
		if e != nil && (e.link != nil && e.link != link || e.contested()) {
			// The record is another's, which is connected, or may be: the one who asks begins anew.
			m.detach(e, link, now)
			e = nil
		}
		if fresh, err = NewInstanceUID(); err != nil {
			return fmt.Errorf("make an instance UID: %w", err)
		}
		if e != nil {
			s = m.snapshot(e)
		}
		return nil
	})
	if err != nil || answered {
		return err
	}

	if e != nil {
		old := s.agent.UID
		s.agent.UID = fresh
		err := m.o.Store.Update(ctx, func(tx Tx) error { return s.move(tx, old) })
		if err != nil {
			return fmt.Errorf("move the record of %v: %w", old, err)
		}
	}
	m.lock()
	defer m.unlock()
	rn := &rename{to: fresh, moved: true, told: true, seq: r.SequenceNum, at: now}
	if e != nil {
		if e.link != nil && e.link != link {
			m.detach(e, e.link, now) // Another has taken the old UID meanwhile: it begins anew.
		}
		m.publishAgent(EventAgentForgotten, e, now)
		m.remove(e)
		a := *e.agent
		a.UID = fresh
		e.agent, e.given = &a, rn
		m.insert(e)
		m.markDirty(e)
		if e.link != nil {
			m.publishAgent(EventAgentConnected, e, now)
		}
	}
	m.dropRename(key)
	m.renames[key] = rn
	m.log.Info("agent asked for a new instance UID", "instance_uid", r.UID, "new_instance_uid", fresh)
	return nil
}
