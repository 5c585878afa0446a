package fleet

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// HistoryInterval is the time from one sample to the next. They lie on whole minutes of the clock.
	HistoryInterval = time.Minute
	// historyLength is how far the history goes back.
	historyLength = 24 * time.Hour
	maxSamples    = int(historyLength / HistoryInterval)
	// maxUnsaved is how many samples may wait to be stored together with what agents report. A fleet in which
	// nothing happens is thus written to four times an hour, and so much of it may be missing after a crash.
	maxUnsaved = 15
)

// Sample is the fleet in numbers at one moment.
type Sample struct {
	At time.Time
	// How many agents there are of each AgentStatus.
	Healthy, Unhealthy, Disconnected, Unknown int
	// How many there are of each DeliveryState.
	Unassigned, Unsupported, Pending, Applying, Applied, Failed int
}

// Total is the number of agents.
func (s Sample) Total() int { return s.Healthy + s.Unhealthy + s.Disconnected + s.Unknown }

// sample takes the numbers of s.
func (s FleetStatus) sample(at time.Time) Sample {
	return Sample{
		At:      at,
		Healthy: s.ByStatus[StatusHealthy], Unhealthy: s.ByStatus[StatusUnhealthy],
		Disconnected: s.ByStatus[StatusDisconnected], Unknown: s.ByStatus[StatusUnknown],
		Unassigned: s.ByConfig[DeliveryUnassigned], Unsupported: s.ByConfig[DeliveryUnsupported],
		Pending: s.ByConfig[DeliveryPending], Applying: s.ByConfig[DeliveryApplying],
		Applied: s.ByConfig[DeliveryApplied], Failed: s.ByConfig[DeliveryFailed],
	}
}

// history is the latest samples. Where the clock was set back or stood wrong for a while, some are of a time
// that is to come, or long past: they are not shown, and go when room is needed.
type history struct {
	samples []Sample // ascending by time, each time once
	// behind are the times of which the store does not know yet what samples has.
	behind  map[time.Time]struct{}
	unsaved int // samples taken since it was stored
}

// historyChange brings a store in line with a history.
type historyChange struct {
	put  []Sample
	drop []time.Time
}

// add takes a sample of now in. What was sampled at the same time before is replaced.
func (h *history) add(s Sample) {
	i, found := h.find(s.At)
	if found {
		h.samples[i] = s
	} else {
		h.samples = slices.Insert(h.samples, i, s)
	}
	h.mark(s.At)
	h.unsaved++
	if len(h.samples) > maxSamples {
		gone := 0
		if last := len(h.samples) - 1; h.samples[last].At.After(s.At) {
			gone = last // It is of a time to come; the oldest may still be of the latest day.
		}
		h.mark(h.samples[gone].At)
		h.samples = slices.Delete(h.samples, gone, gone+1)
	}
}

func (h *history) find(at time.Time) (int, bool) {
	return slices.BinarySearchFunc(h.samples, at, func(s Sample, at time.Time) int { return s.At.Compare(at) })
}

func (h *history) mark(at time.Time) {
	if h.behind == nil {
		h.behind = map[time.Time]struct{}{}
	}
	h.behind[at] = struct{}{}
}

// changes returns what the store does not know yet, and counts it as known from now on.
func (h *history) changes() (c historyChange) {
	for at := range h.behind {
		if i, found := h.find(at); found {
			c.put = append(c.put, h.samples[i])
		} else {
			c.drop = append(c.drop, at)
		}
	}
	h.behind, h.unsaved = nil, 0
	return c
}

// failed takes back that c was stored; it is tried again with the next sample.
func (h *history) failed(c historyChange) {
	for _, s := range c.put {
		h.mark(s.At)
	}
	for _, at := range c.drop {
		h.mark(at)
	}
	h.unsaved = maxUnsaved
}

// latest returns a copy of what is from the given time on, and of the day before now.
func (h *history) latest(from, now time.Time) []Sample {
	if day := now.Add(-historyLength + 1); from.Before(day) {
		from = day
	}
	first, _ := h.find(from)
	end, found := h.find(now)
	if found {
		end++
	}
	return slices.Clone(h.samples[min(first, end):end])
}

func (c historyChange) empty() bool { return len(c.put)+len(c.drop) == 0 }

func (c historyChange) store(tx Tx) error {
	for _, at := range c.drop {
		// One that was dropped before it was stored is not there.
		if err := tx.DeleteSample(at); err != nil && KindOf(err) != NotFound {
			return err
		}
	}
	for _, s := range c.put {
		if err := tx.PutSample(s); err != nil {
			return err
		}
	}
	return nil
}

// FleetHistory returns the samples of the latest day from the given time on, oldest first. Where the server
// did not run there are none.
func (m *Manager) FleetHistory(from time.Time) []Sample {
	now := m.now()
	m.lock()
	defer m.unlock()
	return m.history.latest(from, now)
}

// historyLoop takes a sample whenever the clock comes to another minute.
func (m *Manager) historyLoop(ctx context.Context) {
	defer m.loops.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last := minuteOf(m.startedAt)
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		minute := minuteOf(m.now())
		if minute.Equal(last) {
			continue
		}
		last = minute
		err := m.sampleAt(ctx, minute)
		switch {
		case err == nil:
			failing = false
		case ctx.Err() == nil && !failing:
			failing = true
			m.log.Error("the fleet's history cannot be saved; it is kept in memory and tried again", "err", err)
		}
	}
}

func minuteOf(t time.Time) time.Time { return t.UTC().Truncate(HistoryInterval) }

// sampleAt takes a sample and stores what has waited for long enough.
func (m *Manager) sampleAt(ctx context.Context, at time.Time) error {
	s := m.FleetStatus().sample(at)
	m.lock()
	m.history.add(s)
	due := m.history.unsaved >= maxUnsaved
	m.unlock()
	if !due {
		return nil
	}
	return m.saveHistory(ctx)
}

// saveHistory stores what the store does not know yet.
func (m *Manager) saveHistory(ctx context.Context) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	m.lock()
	c := m.history.changes()
	m.unlock()
	if c.empty() {
		return nil
	}
	if err := m.o.Store.Update(ctx, c.store); err != nil {
		m.lock()
		m.history.failed(c)
		m.unlock()
		return fmt.Errorf("save the fleet's history: %w", err)
	}
	return nil
}
