package opampsrv

import (
	"sync"
	"time"
)

// taskKind says what is to be done for a connection.
type taskKind uint8

const (
	taskHandle taskKind = iota // a message that the reader has read
	taskSend                   // whatever the fleet has for its agents
	taskPing
	taskClose
	taskSettle // tell those who probed
)

type task struct {
	c    *conn
	kind taskKind
}

// blockedAfter is how long a worker may take before it no longer counts as working.
const blockedAfter = 50 * time.Millisecond

// pool runs tasks on few goroutines. Decoding, deciding and encoding need deep
// stacks; done here, they leave the thousands of goroutines that wait for their
// peers with the smallest there is. At most size tasks run at a time, but for
// those that are blocked by a peer: they are found when others wait, and others
// take their places, so that no peer keeps the server from the rest.
type pool struct {
	run      func(task)
	size     int
	keep     int           // idle workers that stay
	patience time.Duration // blockedAfter, but in tests

	mu      sync.Mutex
	wake    *sync.Cond
	queue   []task
	head    int // of queue
	workers map[*worker]struct{}
	idle    int
	relief  bool // a look for blocked workers is due
	closed  bool
	done    sync.WaitGroup
}

type worker struct {
	since time.Time // when its task began; zero while idle
}

func newPool(size int, run func(task)) *pool {
	p := &pool{run: run, size: size, keep: max(1, size/4), patience: blockedAfter, workers: make(map[*worker]struct{})}
	p.wake = sync.NewCond(&p.mu)
	return p
}

// submit has t run soon, and reports whether it will: it will not once the pool is closed.
func (p *pool) submit(t task) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	if p.head > 1024 && p.head > len(p.queue)/2 {
		p.queue = append(p.queue[:0], p.queue[p.head:]...)
		p.head = 0
	}
	p.queue = append(p.queue, t)
	switch {
	case p.idle > 0:
		p.idle-- // here and not by who wakes, so that the next task finds another one
		p.wake.Signal()
	case len(p.workers) < p.size:
		p.hire()
	case !p.relief:
		p.relief = true
		time.AfterFunc(p.patience, p.relieve)
	}
	return true
}

// hire starts a worker. The caller holds mu.
func (p *pool) hire() {
	w := &worker{since: time.Now()}
	p.workers[w] = struct{}{}
	p.done.Add(1)
	go p.work(w)
}

// relieve hires in place of those who are blocked.
func (p *pool) relieve() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.relief = false
	waiting := len(p.queue) - p.head
	if p.closed || waiting == 0 {
		return
	}
	working, now := 0, time.Now()
	for w := range p.workers {
		if now.Sub(w.since) < p.patience {
			working++
		}
	}
	for ; working < p.size && waiting > 0; working++ {
		p.hire()
		waiting--
	}
	p.relief = true
	time.AfterFunc(p.patience, p.relieve)
}

func (p *pool) work(w *worker) {
	defer p.done.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for p.head == len(p.queue) {
			p.queue, p.head = reuse(p.queue), 0
			if p.closed || p.idle >= p.keep {
				delete(p.workers, w)
				return
			}
			w.since = time.Time{}
			p.idle++
			p.wake.Wait()
		}
		t := p.queue[p.head]
		p.queue[p.head] = task{}
		p.head++
		w.since = time.Now()
		p.mu.Unlock()
		p.run(t)
		p.mu.Lock()
	}
}

// reuse empties a queue, and lets one go that has grown large in a storm.
func reuse(q []task) []task {
	if cap(q) > 1024 {
		return nil
	}
	return q[:0]
}

// close lets the queue run dry and waits for the workers.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.wake.Broadcast()
	p.mu.Unlock()
	p.done.Wait()
}
