package fleet

import (
	"context"
	"time"
)

// OpenStill opens a Manager whose loops do not run: a test moves its clock with Pass.
func OpenStill(ctx context.Context, o Options) (*Manager, error) {
	m, err := load(ctx, o)
	if err != nil {
		return nil, err
	}
	m.stop = func() {}
	return m, nil
}

// Pass does what the loops would do while d passes. step moves the clock.
func (m *Manager) Pass(ctx context.Context, d time.Duration, step func(time.Duration)) error {
	for passed := time.Duration(0); passed < d; {
		before := minuteOf(m.now())
		step(fullQueueInterval)
		if minute := minuteOf(m.now()); !minute.Equal(before) {
			_ = m.sampleAt(ctx, minute) // What fails stays to be written.
		}
		passed += fullQueueInterval
		m.drainFullQueue()
		if passed%m.o.FlushInterval == 0 {
			_ = m.flush(ctx) // What fails stays to be written.
		}
		if passed%sweepInterval == 0 {
			m.dropSilent(m.now())
			m.hurryStarts(m.now())
		}
		if passed%forgetInterval == 0 {
			if err := m.forgetGone(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// SampleNow does what the loop does when the clock has come to another minute.
func (m *Manager) SampleNow(ctx context.Context) error { return m.sampleAt(ctx, minuteOf(m.now())) }

// Twins counts the pairs of agents under one UID that are remembered.
func (m *Manager) Twins() int {
	m.lock()
	defer m.unlock()
	return len(m.twins)
}

// Remembered counts what is remembered of UIDs given out.
func (m *Manager) Remembered() int {
	m.lock()
	defer m.unlock()
	return len(m.renames) + len(m.takers) + len(m.unheard) + len(m.twins)
}

// Starting counts what waits for agents to come up.
func (m *Manager) Starting() int {
	m.lock()
	defer m.unlock()
	return len(m.starting)
}

// Sound reports whether the fleet's map and its order hold the same entries under their own UIDs.
func (m *Manager) Sound() bool {
	m.lock()
	defer m.unlock()
	for i, e := range m.order {
		if m.agents[e.agent.UID] != e || i > 0 && compareEntry(m.order[i-1], e.agent.UID) >= 0 {
			return false
		}
	}
	return len(m.agents) == len(m.order)
}

// Contested counts the agents of which an older connection is still being tried.
func (m *Manager) Contested() int {
	m.lock()
	defer m.unlock()
	n := 0
	for _, e := range m.order {
		if e.contested() {
			n++
		}
	}
	return n
}
