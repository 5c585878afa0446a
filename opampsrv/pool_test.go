package opampsrv

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestPoolRunsSoManyAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most, ran atomic.Int32
		p := newPool(4, func(task) {
			n := running.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Millisecond)
			running.Add(-1)
			ran.Add(1)
		})
		for range 5000 {
			p.submit(task{})
		}
		p.close()
		if ran.Load() != 5000 || most.Load() != 4 {
			t.Errorf("%d tasks ran, at most %d at a time, want 5000, 4", ran.Load(), most.Load())
		}
		if p.submit(task{}) {
			t.Error("submit() = true after close, want false")
		}
	})
}

func TestPoolTheBlockedAreReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var quick atomic.Int32
		p := newPool(4, func(t task) {
			if t.kind == taskSend {
				<-release
				return
			}
			quick.Add(1)
		})
		for range 20 {
			p.submit(task{kind: taskSend})
		}
		p.submit(task{kind: taskPing})
		time.Sleep(10 * blockedAfter)
		if got := quick.Load(); got != 1 {
			t.Errorf("%d tasks ran beside 20 blocked ones, want 1", got)
		}
		close(release)
		synctest.Wait()
		p.mu.Lock()
		workers := len(p.workers)
		p.mu.Unlock()
		if workers > p.keep {
			t.Errorf("%d workers stay when there is nothing to do, want at most %d", workers, p.keep)
		}
		p.close()
	})
}

// A task that comes while an idle worker has been woken, and not yet risen, must not wait for it alone.
func TestPoolAnIdleWorkerIsCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var ran atomic.Int32
		p := newPool(4, func(task) {
			ran.Add(1)
			<-release
		})
		go func() { release <- struct{}{} }()
		p.submit(task{})
		synctest.Wait() // one idle worker
		for range 4 {
			p.submit(task{})
		}
		synctest.Wait()
		if got := ran.Load(); got != 5 {
			t.Errorf("%d tasks run, want all 4 and the first", got)
		}
		close(release)
		p.close()
	})
}

func TestUIDSet(t *testing.T) {
	var s uidSet
	for _, n := range []int{1, 2, 1, 3, 2} {
		s.add(uid(n))
	}
	if s.len() != 3 || len(s.all()) != 3 || !s.has(uid(2)) || s.has(uid(4)) {
		t.Errorf("len %d, all %v, want 1, 2 and 3", s.len(), s.all())
	}
	s.remove(uid(1))
	s.add(uid(2)) // known already: must not be held twice
	if s.len() != 2 {
		t.Errorf("len = %d, want 2", s.len())
	}
	for range 2 {
		if _, ok := s.pop(); !ok {
			t.Error("pop() found none")
		}
	}
	if u, ok := s.pop(); ok {
		t.Errorf("pop() = %v, want none", u)
	}
}
