package fleet

import (
	"slices"
	"time"
)

// startPatience is how long an agent that has started may say nothing of what
// it manages before it is offered a configuration all the same.
const startPatience = 15 * time.Second

// notUp reports whether h is the word of an agent whose component does not run
// yet, and has not failed either. Source: OpAMP, ComponentHealth.start_time_unix_nano.
func (h *Health) notUp() bool {
	return !h.Healthy && h.StartedAt.IsZero() && h.LastError == "" && h.Status == ""
}

// noteStart keeps track of whether e is still bringing up what it manages.
// An offer that comes meanwhile may be lost: the supervisor v0.149.0 checks and
// writes its initial configuration while it is connected already, over whatever
// the first answer brought, and then reports the latter as applied.
func (m *Manager) noteStart(e *entry, r *Report, now time.Time) {
	switch {
	case r.Health == nil:
	case !r.Health.notUp():
		e.starting = false
	case r.starts():
		if !e.startKept { // it may have come up and started anew since the clock was looked at
			m.starting, e.startKept = append(m.starting, e), true
		}
		e.starting, e.startedAt = true, now
	}
}

// hurryStarts wakes those that have had the time to come up.
func (m *Manager) hurryStarts(now time.Time) {
	m.lock()
	defer m.unlock()
	m.starting = slices.DeleteFunc(m.starting, func(e *entry) bool {
		if e.starting && now.Sub(e.startedAt) < startPatience {
			return false
		}
		e.startKept = false
		if e.starting {
			e.starting = false
			m.wake(e)
		}
		return true
	})
}
