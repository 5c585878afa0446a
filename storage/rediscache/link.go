package rediscache

import (
	"sync"

	"github.com/ollystack/control-plane/fleet"
)

// slowReads is how many reads in a row have to lose patience before reads leave the Redis alone.
const slowReads = 8

// link is what is known of the way to the Redis: a circuit breaker with
// reasons. After a failure it is down, and nothing but the probe goes that way
// until one succeeds. Safe for concurrent use.
type link struct {
	// queue is shut while the link is down, within the same lock: what changes
	// meanwhile is found by the reconciliation that follows.
	queue *queue

	mu sync.Mutex
	// generation counts the changes of down, so that the late failure of an old
	// attempt does not count against the present.
	generation uint64
	down       bool
	cause      fault // of the latest failure; empty before the first
	impatient  int   // reads in a row that did not wait for the answer
	slow       bool  // reads leave the Redis alone
	rival      bool  // another control plane writes under our prefix
	synced     bool  // since it came up, everything has been published
}

// newLink starts down: the first probe brings it up.
func newLink(q *queue) *link { return &link{queue: q, down: true} }

// readable reports whether point reads may ask the Redis, and the generation to report failures under.
func (l *link) readable() (generation uint64, yes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.generation, !l.down && !l.slow
}

// isUp reports whether the worker may use the Redis, and the generation to report failures under.
func (l *link) isUp() (generation uint64, yes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.generation, !l.down
}

// fail takes the link down and returns how many keys that cost their place in
// the queue, and whether the cause is news.
func (l *link) fail(generation uint64, cause fault) (forgotten int, news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if generation != l.generation {
		return 0, false
	}
	news = l.cause != cause || l.synced
	if !l.down {
		l.generation++
		forgotten = l.queue.close()
	}
	l.down, l.cause, l.synced = true, cause, false
	return forgotten, news
}

// restore brings the link up and reports whether it was down.
func (l *link) restore() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.down {
		return false
	}
	l.down, l.synced, l.slow, l.impatient = false, false, false, 0
	l.generation++
	l.queue.open()
	return true
}

// finished notes that everything had been published in the given generation,
// and reports whether that ends a failure.
func (l *link) finished(generation uint64) (healed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down || generation != l.generation {
		return false
	}
	healed = !l.synced
	l.synced, l.cause = true, ""
	return healed
}

// waited notes whether a read had its answer in time, and reports whether the link has just turned slow.
func (l *link) waited(inTime bool) (turnedSlow bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if inTime {
		l.impatient = 0
		return false
	}
	l.impatient++
	turnedSlow = !l.slow && l.impatient >= slowReads
	l.slow = l.slow || turnedSlow
	return turnedSlow
}

// measured notes whether the probe's round trip was fast enough for reads, and
// reports whether they may use the Redis again.
func (l *link) measured(fast bool) (recovered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !fast || !l.slow {
		return false
	}
	l.slow, l.impatient = false, 0
	return true
}

// share notes whether another control plane was seen under our prefix, and reports whether that is news.
func (l *link) share(rival bool) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	news = rival && !l.rival
	l.rival = rival
	return news
}

// check says how the Redis at address does.
func (l *link) check(address string) fleet.Check {
	l.mu.Lock()
	defer l.mu.Unlock()
	degraded := func(what string) fleet.Check {
		return fleet.Check{Status: fleet.CheckDegraded, Detail: "Redis at " + address + " " + what}
	}
	switch {
	case l.down && l.cause == "":
		return degraded("has not answered yet")
	case l.down:
		return degraded(l.cause.detail() + "; everything is served from the store")
	case l.rival:
		return degraded("is used by another control plane under the same key prefix")
	case l.slow:
		return degraded("is slow; everything is served from the store")
	case !l.synced:
		return degraded("answers; the fleet is being published to it")
	}
	return fleet.Check{Status: fleet.CheckOK}
}
