package app

import (
	"context"
	"runtime"
	"testing"
	"time"
)

func TestSettle(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, tc := range map[string]struct {
		settled, before, now memoryUse
		want                 bool
	}{
		"after a burst":  {memoryUse{}, memoryUse{0, 500 * mib}, memoryUse{60 * mib, 501 * mib}, true},
		"in a burst":     {memoryUse{}, memoryUse{0, 500 * mib}, memoryUse{60 * mib, 520 * mib}, false},
		"little garbage": {memoryUse{0, 400 * mib}, memoryUse{0, 420 * mib}, memoryUse{60 * mib, 421 * mib}, false},
		"a small heap":   {memoryUse{0, 400 * mib}, memoryUse{0, 412 * mib}, memoryUse{2 * mib, 413 * mib}, false},
	} {
		if got := settle(tc.settled, tc.before, tc.now); got != tc.want {
			t.Errorf("settle(%s) = %v, want %v", name, got, tc.want)
		}
	}
}

// TestSettleMemory allocates and drops, and expects a collection that nobody else asks for.
func TestSettleMemory(t *testing.T) {
	stop := startSettling()
	defer func() {
		if err := stop(context.Background()); err != nil {
			t.Errorf("stop() = %v", err)
		}
	}()
	keep := make([][]byte, 0, 64)
	for range 64 {
		keep = append(keep, make([]byte, 1<<20))
	}
	runtime.GC()
	clear(keep)
	for range 48 {
		keep = append(keep, make([]byte, 1<<20))
	}
	runtime.KeepAlive(keep)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	collections, deadline := m.NumForcedGC, time.Now().Add(20*time.Second)
	for m.NumForcedGC == collections {
		if time.Now().After(deadline) {
			t.Fatalf("no collection within 20 s; %d MiB in use", m.HeapAlloc>>20)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("the test was ended")
		}
		runtime.ReadMemStats(&m)
	}
}
