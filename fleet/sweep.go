package fleet

import (
	"context"
	"slices"
	"time"
)

const (
	sweepInterval  = time.Second
	forgetInterval = time.Minute
	// fullQueueInterval is how often agents are taken from the queue of those to be asked for their full state.
	fullQueueInterval = 100 * time.Millisecond
)

// sweepLoop does what is due by the clock alone.
func (m *Manager) sweepLoop(ctx context.Context) {
	defer m.loops.Done()
	sweep := time.NewTicker(sweepInterval)
	defer sweep.Stop()
	queue := time.NewTicker(fullQueueInterval)
	defer queue.Stop()
	forget := time.NewTicker(forgetInterval)
	defer forget.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-sweep.C:
			m.dropSilent(m.now())
			m.hurryStarts(m.now())
		case <-queue.C:
			m.drainFullQueue()
		case <-forget.C:
			if err := m.forgetGone(ctx); err != nil && ctx.Err() == nil {
				m.log.Error("agents that are long gone cannot be forgotten", "err", err)
			}
		}
	}
}

// dropSilent disconnects plain-HTTP agents that have been silent for too long,
// and drops what is remembered of UIDs given out.
func (m *Manager) dropSilent(now time.Time) {
	m.lock()
	defer m.unlock()
	m.dropRenames(now)
	if m.o.HTTPTimeout <= 0 {
		return
	}
	for _, e := range m.order {
		if e.link != nil && e.link.Transport() == HTTP && now.Sub(e.lastSeen) > m.o.HTTPTimeout {
			m.detach(e, e.link, now)
		}
	}
}

// queueFull puts e into the queue of those to be asked for their full state.
func (m *Manager) queueFull(e *entry) {
	if !e.queued && e.needFull {
		e.queued = true
		m.fullQueue = append(m.fullQueue, e)
	}
}

// drainFullQueue wakes as many of them as the rate allows.
func (m *Manager) drainFullQueue() {
	m.lock()
	defer m.unlock()
	n := int(float64(m.o.FullStateRate) * fullQueueInterval.Seconds())
	for n = max(n, 1); n > 0 && len(m.fullQueue) > 0; n-- {
		e := m.fullQueue[0]
		m.fullQueue = m.fullQueue[1:]
		e.queued = false
		if e.needFull {
			m.wake(e)
		}
	}
	if len(m.fullQueue) == 0 {
		m.fullQueue = nil
	}
}

// forgetGone removes the records of agents that have been gone for longer than
// ForgetAfter and are not assigned. An agent counts as gone from the start of
// the server at the earliest: before, it could not have connected.
func (m *Manager) forgetGone(ctx context.Context) error {
	if m.o.ForgetAfter <= 0 {
		return nil
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	now := m.now()
	m.lock()
	var gone []*entry
	for _, e := range m.order {
		since := e.lastSeen
		if since.Before(m.startedAt) {
			since = m.startedAt
		}
		if e.link == nil && e.agent.Assignment.ConfigID == "" && now.Sub(since) > m.o.ForgetAfter {
			gone = append(gone, e)
		}
	}
	m.unlock()
	for chunk := range slices.Chunk(gone, flushChunk) {
		if err := m.forget(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// forget removes records, in one transaction. Those that have connected in the
// meantime stay in memory and are saved anew. The caller holds m.writing.
func (m *Manager) forget(ctx context.Context, entries []*entry) error {
	m.lock()
	uids := make([]InstanceUID, len(entries))
	for i, e := range entries {
		uids[i] = e.agent.UID
	}
	m.unlock()
	err := m.o.Store.Update(ctx, func(tx Tx) error {
		for _, uid := range uids {
			if err := tx.DeleteAgent(uid); err != nil && KindOf(err) != NotFound {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	m.lock()
	defer m.unlock()
	now := m.now()
	for _, e := range entries {
		if e.link == nil {
			m.publishAgent(EventAgentForgotten, e, now)
			m.remove(e)
			e.gone = true
			m.log.Info("agent forgotten", "instance_uid", e.agent.UID, "name", e.agent.Name())
			continue
		}
		// It has come back between the check and the commit. Whatever was stored with it is asked for again.
		a := *e.agent
		a.EffectiveConfig, a.EffectiveConfigRedacted, a.Components, a.ComponentsReported = "", false, "", ""
		e.agent, e.effective, e.components, e.healthDigest, e.needFull = &a, nil, nil, 0, true
		m.markDirty(e)
		m.queueFull(e)
	}
	return nil
}
