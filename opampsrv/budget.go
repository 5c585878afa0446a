package opampsrv

import (
	"errors"
	"slices"
	"sync"
	"time"
)

var (
	errBusy    = errors.New("no memory for the message became free in time")
	errTooSlow = errors.New("the message arrived too slowly while others waited for its memory")
)

// How one who has a turn must keep pace while others wait for it. The first
// seconds are free, so that a burst of loss on the way costs nobody the turn.
const (
	turnGrace = 2 * time.Second
	turnPace  = 1 << 20 // bytes per second
	turnCheck = 250 * time.Millisecond
)

// budget bounds the bytes of all messages that are arriving or being handled.
// It has three parts:
//
//   - a reserve, from which the first smallMessage bytes of every message come,
//     so that a heartbeat or a status gets through whoever holds the rest;
//   - a common part, of which each connection may hold its share;
//   - turns, each large enough for a message of any permitted size. Whoever
//     needs more than a share, or finds the rest taken, waits for a turn. One who
//     has a turn can always finish: messages that each hold a part and wait for
//     more cannot block each other for ever.
//
// One who has a turn, dawdles, and lets others wait, loses the turn and the connection.
type budget struct {
	mu       sync.Mutex
	reserve  int64 // free bytes
	common   int64 // free bytes
	turns    int   // free turns
	share    int64
	pace     int64
	grace    time.Duration
	inTurn   []*hold
	waiters  []*waiter // in the order of their arrival
	inflight int64     // what is held, whatever part it came from
}

type waiter struct {
	h     *hold
	n     int64
	ready chan struct{} // closed when n has been granted
}

// hold is what one message holds of the budget. The zero value, with b set, holds nothing.
// It is used by one goroutine.
type hold struct {
	b *budget
	// abort makes the pending read fail. It is called at most once, from another goroutine.
	abort func()

	// The rest is guarded by b.mu.
	size        int64
	fromReserve int64
	fromCommon  int64
	turn        bool
	turnSince   time.Time
	turnSize    int64 // size at turnSince
	arrived     bool  // nothing more is read
	evicted     bool
}

func newBudget(total, message, share int64) *budget {
	total = max(total, 2*message)
	turns := max(1, total/4/message)
	rest := total - turns*message
	b := &budget{turns: int(turns), reserve: rest / 3, pace: turnPace, grace: turnGrace}
	b.common = rest - b.reserve
	b.share = max(min(share, b.common/64), firstChunk+nextChunk) // else nobody could use the common part
	return b
}

// grow adds n bytes to h, waiting for them until the deadline or until stop is
// closed. Errors: errBusy, errTooSlow.
func (h *hold) grow(n int64, deadline time.Time, stop <-chan struct{}) error {
	b := h.b
	b.mu.Lock()
	if h.evicted {
		b.mu.Unlock()
		return errTooSlow
	}
	if b.grant(h, n, time.Time{}) {
		b.mu.Unlock()
		return nil
	}
	w := &waiter{h: h, n: n, ready: make(chan struct{})}
	b.waiters = append(b.waiters, w)
	b.mu.Unlock()
	return b.wait(w, deadline, stop)
}

func (b *budget) wait(w *waiter, deadline time.Time, stop <-chan struct{}) error {
	end := time.NewTimer(time.Until(deadline))
	defer end.Stop()
	check := time.NewTicker(turnCheck)
	defer check.Stop()
	for {
		select {
		case <-w.ready:
			return nil
		case now := <-check.C:
			b.evictSlow(now)
			continue
		case <-end.C:
		case <-stop:
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		i := slices.Index(b.waiters, w)
		if i < 0 {
			return nil // granted just now
		}
		b.waiters = slices.Delete(b.waiters, i, i+1)
		return errBusy
	}
}

// grant takes n more bytes for h if they are free. The caller holds mu. The
// zero now stands for the present, found out only where it is needed.
func (b *budget) grant(h *hold, n int64, now time.Time) bool {
	switch {
	case h.turn:
	case h.size+n <= smallMessage && b.reserve >= n:
		b.reserve -= n
		h.fromReserve += n
	case h.size+n <= b.share && b.common >= n:
		b.common -= n
		h.fromCommon += n
	case b.turns > 0:
		if now.IsZero() {
			now = time.Now()
		}
		b.turns--
		h.turn, h.turnSince, h.turnSize = true, now, h.size
		b.inTurn = append(b.inTurn, h)
	default:
		return false
	}
	h.size += n
	b.inflight += n
	return true
}

// evictSlow ends those who have a turn, do not keep pace, and let others wait.
func (b *budget) evictSlow(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiters) == 0 {
		return
	}
	for _, h := range b.inTurn {
		elapsed := now.Sub(h.turnSince)
		if h.arrived || h.evicted || elapsed < b.grace {
			continue
		}
		if h.size-h.turnSize < int64(elapsed.Seconds()*float64(b.pace)) {
			h.evicted = true
			h.abort()
		}
	}
}

// complete says that the message has arrived: it is not held to a pace any more.
func (h *hold) complete() {
	h.b.mu.Lock()
	h.arrived = true
	h.b.mu.Unlock()
}

// tooSlow reports whether h was ended for its slowness.
func (h *hold) tooSlow() bool {
	h.b.mu.Lock()
	defer h.b.mu.Unlock()
	return h.evicted
}

// release gives everything back. h may be used again.
func (h *hold) release() {
	b := h.b
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reserve += h.fromReserve
	b.common += h.fromCommon
	b.inflight -= h.size
	if h.turn {
		b.turns++
		b.inTurn = slices.DeleteFunc(b.inTurn, func(x *hold) bool { return x == h })
	}
	*h = hold{b: b, abort: h.abort}
	if len(b.waiters) == 0 {
		return
	}
	now := time.Now()
	b.waiters = slices.DeleteFunc(b.waiters, func(w *waiter) bool {
		if !b.grant(w.h, w.n, now) {
			return false
		}
		close(w.ready)
		return true
	})
}

// used is how many bytes are held.
func (b *budget) used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.inflight
}
