package fleet

import (
	"context"
	"fmt"
	"time"
)

// flushChunk is how many records one transaction takes at most, so that an
// operator's write never waits for long.
const flushChunk = 500

// saved is what is to be stored of one agent.
type saved struct {
	agent      Agent
	freshTree  bool // agent.Health holds the tree; else the stored one is kept
	effective  *EffectiveConfig
	components Components
}

// snapshot takes what is to be stored of e.
func (m *Manager) snapshot(e *entry) saved {
	s := saved{agent: *e.agent, freshTree: e.freshTree, effective: e.effective, components: e.components}
	s.agent.LastSeenAt, s.agent.SequenceNum = e.lastSeen, e.seqToSave()
	return s
}

// put stores s.
func (s saved) put(tx Tx) error { return s.putAs(tx, s.agent.UID) }

// move stores s, whose record was stored under old, and removes that.
func (s saved) move(tx Tx, old InstanceUID) error {
	if err := s.putAs(tx, old); err != nil {
		return err
	}
	if err := tx.DeleteAgent(old); err != nil && KindOf(err) != NotFound {
		return err
	}
	return nil
}

func (s saved) putAs(tx Tx, stored InstanceUID) error {
	if s.effective != nil {
		if err := tx.PutEffectiveConfig(*s.effective); err != nil {
			return err
		}
	}
	if s.components != nil {
		if err := tx.PutComponents(s.agent.Components, s.components); err != nil {
			return err
		}
	}
	if !s.freshTree && s.agent.Health != nil {
		old, err := tx.Agent(stored)
		if err != nil && KindOf(err) != NotFound {
			return err
		}
		if old.Health != nil {
			h := *s.agent.Health
			h.Components = old.Health.Components
			s.agent.Health = &h
		}
	}
	return tx.PutAgent(s.agent)
}

// Save writes what agents have reported and still waits for the next batch, so
// that a copy of the store that is made now holds it. What comes meanwhile waits.
func (m *Manager) Save(ctx context.Context) error {
	if err := m.flush(ctx); err != nil {
		return fmt.Errorf("save the fleet: %w", err)
	}
	return nil
}

// flush writes every record that has changed. What fails stays to be written,
// and what changes meanwhile waits for the next batch.
func (m *Manager) flush(ctx context.Context) error {
	m.lock()
	left := len(m.dirty)
	m.unlock()
	for left > 0 {
		n, err := m.flushSome(ctx)
		if err != nil || n == 0 {
			return err
		}
		left -= n
	}
	return nil
}

// flushSome writes up to flushChunk records in one transaction, what waits of the history with them, and
// returns their number.
func (m *Manager) flushSome(ctx context.Context) (int, error) {
	m.writing.Lock()
	defer m.writing.Unlock()

	m.lock()
	n := min(len(m.dirty), flushChunk)
	entries := make([]*entry, 0, n)
	states := make([]saved, 0, n)
	for _, e := range m.dirty[:n] {
		e.dirty = false
		if !e.gone {
			entries = append(entries, e)
			states = append(states, m.snapshot(e))
		}
	}
	m.dirty = m.dirty[n:]
	if len(m.dirty) == 0 {
		m.dirty = nil
	}
	if n == 0 {
		m.unlock()
		return 0, nil
	}
	samples := m.history.changes() // They cost nothing where there is something to write anyway.
	m.unlock()

	err := m.o.Store.Update(ctx, func(tx Tx) error {
		for _, s := range states {
			if err := s.put(tx); err != nil {
				return fmt.Errorf("save agent %v: %w", s.agent.UID, err)
			}
		}
		return samples.store(tx)
	})

	m.lock()
	defer m.unlock()
	if err != nil {
		m.history.failed(samples)
	}
	for i, e := range entries {
		if err != nil {
			m.markDirty(e)
			continue
		}
		m.wasSaved(e, states[i])
	}
	return n, err
}

// wasSaved lets go of what is on disk now.
func (m *Manager) wasSaved(e *entry, s saved) {
	if e.effective == s.effective {
		e.effective = nil
	}
	if e.agent.Components == s.agent.Components {
		e.components = nil
	}
	e.savedSeq = s.agent.SequenceNum
	if e.agent.Health == s.agent.Health {
		e.freshTree = false
		if h := e.agent.Health; h != nil && h.Components != nil {
			a, summary := *e.agent, *h
			summary.Components = nil
			a.Health = &summary
			e.agent = &a
		}
	}
}

// saveLoop writes what agents reported, a moment after they did.
func (m *Manager) saveLoop(ctx context.Context) {
	defer m.loops.Done()
	tick := time.NewTicker(m.o.FlushInterval)
	defer tick.Stop()
	failures := 0
	var notBefore time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if now.Before(notBefore) {
				continue
			}
		}
		err := m.flush(ctx)
		switch {
		case err == nil && failures > 0:
			m.log.Info("agents' reports are saved again")
			failures = 0
		case err != nil && ctx.Err() == nil:
			if failures++; failures == 1 {
				m.log.Error("agents' reports cannot be saved; they are kept in memory and tried again", "err", err)
			}
			notBefore = time.Now().Add(min(time.Duration(failures)*m.o.FlushInterval, 10*time.Second))
		}
	}
}
