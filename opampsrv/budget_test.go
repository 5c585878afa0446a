package opampsrv

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// newTestBudget has a reserve of 100 KiB, 200 KiB in common, a share of 72 KiB and one turn.
func newTestBudget() *budget {
	b := newBudget(1<<20, 724<<10, 1)
	b.reserve, b.common = 100<<10, 200<<10
	return b
}

func (b *budget) message() *hold { return &hold{b: b, abort: func() {}} }

func grow(t *testing.T, h *hold, n int64) {
	t.Helper()
	if err := h.grow(n, time.Now(), nil); err != nil {
		t.Fatalf("grow(%d) = %v, want it at once", n, err)
	}
}

func full(t *testing.T, h *hold, n int64) {
	t.Helper()
	if err := h.grow(n, time.Now().Add(time.Millisecond), nil); !errors.Is(err, errBusy) {
		t.Fatalf("grow(%d) = %v, want %v", n, err, errBusy)
	}
}

func TestBudgetParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBudget()
		var shares []*hold
		for range 3 {
			h := b.message()
			grow(t, h, firstChunk)
			grow(t, h, nextChunk)
			shares = append(shares, h)
		}
		turn := b.message() // finds the common part taken
		grow(t, turn, firstChunk)
		grow(t, turn, nextChunk)
		if !turn.turn || shares[2].turn {
			t.Errorf("turn = %v and %v, want the fourth to have it", turn.turn, shares[2].turn)
		}
		full(t, shares[0], nextChunk)
		for range 8 { // the reserve is the small ones' alone
			grow(t, b.message(), firstChunk)
		}
		fifth := b.message()
		full(t, fifth, nextChunk)
		shares[1].release()
		grow(t, fifth, nextChunk)
		turn.release()
		grow(t, shares[0], nextChunk)
	})
}

func TestBudgetATurnIsEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBudget()
		a, c := b.message(), b.message()
		grow(t, a, firstChunk)
		grow(t, c, firstChunk)
		for range 11 {
			grow(t, a, nextChunk) // up to a whole message, whatever the others hold
		}
		if !a.turn {
			t.Fatal("a large message has no turn")
		}
		grow(t, c, nextChunk)
		done := make(chan error)
		go func() { done <- c.grow(nextChunk, time.Now().Add(time.Hour), nil) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("grow() = %v while another has the turn, want it to wait", err)
		default:
		}
		a.complete()
		time.Sleep(time.Minute) // it has arrived: it is not hurried
		a.release()
		if err := <-done; err != nil || !c.turn {
			t.Errorf("grow() = %v, turn %v once the turn is free, want nil, true", err, c.turn)
		}
		c.release()
		if b.used() != 0 || b.turns != 1 || b.reserve != 100<<10 || b.common != 200<<10 {
			t.Errorf("after all is released: %+v", b)
		}
	})
}

func TestBudgetTheSlowLoseTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBudget()
		slow := b.message()
		aborted := make(chan struct{})
		slow.abort = func() { close(aborted) }
		grow(t, slow, firstChunk)
		for range 4 {
			grow(t, slow, nextChunk)
		}
		time.Sleep(time.Minute)
		select {
		case <-aborted:
			t.Fatal("one who keeps nobody waiting lost its turn")
		default:
		}
		next := b.message()
		grow(t, next, firstChunk)
		grow(t, next, nextChunk)
		began := time.Now()
		done := make(chan error)
		go func() { done <- next.grow(nextChunk, time.Now().Add(time.Hour), nil) }()
		<-aborted
		if !slow.tooSlow() {
			t.Error("tooSlow() = false, want true")
		}
		if err := slow.grow(nextChunk, time.Now(), nil); !errors.Is(err, errTooSlow) {
			t.Errorf("grow() = %v, want %v", err, errTooSlow)
		}
		slow.release()
		if err := <-done; err != nil || time.Since(began) > 2*turnCheck {
			t.Errorf("grow() = %v after %v, want nil, soon", err, time.Since(began))
		}
	})
}

func TestBudgetWaitsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBudget()
		b.turns, b.common, b.reserve = 0, 0, 0
		began := time.Now()
		if err := b.message().grow(1, time.Now().Add(3*time.Second), nil); !errors.Is(err, errBusy) || time.Since(began) != 3*time.Second {
			t.Errorf("grow() = %v after %v, want %v at the deadline", err, time.Since(began), errBusy)
		}
		stop := make(chan struct{})
		close(stop)
		if err := b.message().grow(1, time.Now().Add(time.Hour), stop); !errors.Is(err, errBusy) {
			t.Errorf("grow() = %v after stop, want %v", err, errBusy)
		}
		if len(b.waiters) != 0 {
			t.Errorf("%d wait still, want none", len(b.waiters))
		}
	})
}
