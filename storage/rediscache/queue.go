package rediscache

import "sync"

// queueSize is how many keys may wait to be published.
const queueSize = 1 << 16

// queue holds the keys whose records in Redis have to be brought up to date,
// each once however often it changes: the newest state is read from the store
// when its turn comes. Safe for concurrent use; one goroutine takes.
type queue struct {
	limit int
	wake  chan struct{} // holds one token while there is something to take, or might be

	mu       sync.Mutex
	shut     bool // nothing is accepted: the Redis is away, and a reconciliation follows
	waiting  map[key]struct{}
	order    []key // oldest first
	overflow bool  // something was refused while it was not shut
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, wake: make(chan struct{}, 1), waiting: map[key]struct{}{}, shut: true}
}

// add accepts what it has room for, wakes the goroutine that takes, and returns how many keys it refused.
func (q *queue) add(keys ...key) (refused int) {
	refused = q.putBack(keys...)
	q.nudge()
	return refused
}

// putBack is add for the goroutine that takes: it does not wake itself.
func (q *queue) putBack(keys ...key) (refused int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, k := range keys {
		if _, there := q.waiting[k]; there {
			continue
		}
		if q.shut || len(q.order) >= q.limit {
			q.overflow = q.overflow || !q.shut
			refused++
			continue
		}
		q.waiting[k] = struct{}{}
		q.order = append(q.order, k)
	}
	return refused
}

// take removes up to limit keys, the oldest first.
func (q *queue) take(limit int) []key {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(limit, len(q.order))
	taken := make([]key, n)
	copy(taken, q.order)
	for _, k := range taken {
		delete(q.waiting, k)
	}
	if q.order = q.order[n:]; len(q.order) == 0 {
		// What a burst needed is given back.
		q.order, q.waiting = nil, map[key]struct{}{}
	}
	return taken
}

// overflowed reports, once, that something had to be refused for want of room.
func (q *queue) overflowed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	was := q.overflow
	q.overflow = false
	return was
}

// open lets keys in.
func (q *queue) open() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.shut = false
}

// close forgets what waits, accepts nothing until opened, and returns how many keys it forgot.
func (q *queue) close() (forgotten int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	forgotten = len(q.order)
	q.shut, q.order, q.waiting, q.overflow = true, nil, map[key]struct{}{}, false
	q.nudge()
	return forgotten
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.order)
}

// nudge wakes the goroutine that takes.
func (q *queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
