package rediscache

import (
	"context"
	"time"
)

// worker is the one goroutine that writes to the Redis: it publishes what has
// changed, tells other tools that we live, notices when the Redis is not what
// we left it, and then puts it right. One writer keeps writes in order as long
// as no connection breaks; DESIGN.md says what happens when one does.
type worker struct {
	*Cache
	pace pace

	nextProbe time.Time
	nextAudit time.Time
	backoff   time.Duration
	syncDue   bool // a reconciliation is to be made
	settling  bool // the one after that comes early: a write given up as lost may land yet
	seen      uint64
	heartbeat heartbeat
}

func newWorker(c *Cache, p pace) *worker {
	return &worker{Cache: c, pace: p, backoff: p.minBackoff}
}

func (w *worker) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		wait := w.step(ctx)
		if wait <= 0 {
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-w.queue.wake:
		case <-timer.C:
		}
	}
	w.leave(context.WithoutCancel(ctx))
}

// step does what is most urgent and returns how long nothing else is, as things are now.
func (w *worker) step(ctx context.Context) time.Duration {
	generation, up := w.link.isUp()
	if !up && generation != w.seen {
		// Somebody has just taken the link down.
		w.seen = generation
		w.nextProbe = time.Now().Add(w.backoff)
		w.backoff = min(2*w.backoff, w.pace.maxBackoff)
	}
	if !time.Now().Before(w.nextProbe) {
		w.probe(ctx, generation)
		return 0
	}
	if !up {
		return time.Until(w.nextProbe)
	}
	if w.queue.overflowed() || !time.Now().Before(w.nextAudit) {
		w.syncDue = true
	}
	switch {
	case w.syncDue:
		w.syncDue = false
		w.reconcile(ctx, generation)
		return 0
	case w.queue.len() > 0:
		if progress := w.drain(ctx, generation); !progress {
			return w.pace.inFlux
		}
		return 0
	}
	return min(time.Until(w.nextProbe), time.Until(w.nextAudit))
}

// leave publishes what still waits before the Cache closes.
func (w *worker) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, w.pace.farewell)
	defer cancel()
	for ctx.Err() == nil {
		generation, up := w.link.isUp()
		if !up || w.queue.len() == 0 || !w.drain(ctx, generation) {
			return
		}
	}
}
