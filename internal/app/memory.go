package app

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	memoryInterval = 250 * time.Millisecond
	// calmRate is how much may be allocated in an interval of calm: a fleet of
	// 10,000 that only sends heartbeats stays below it.
	calmRate = 2 << 20
	// worthCollecting is how much must have been allocated for a collection to be
	// worth it, at least; and half of what lives.
	worthCollecting = 16 << 20
)

// memoryUse is what the runtime knows of its heap, in bytes.
type memoryUse struct {
	live      uint64 // what the last collection has left
	allocated uint64 // since the start
}

// settle reports whether a burst is over: little has been allocated since
// before, and much since memory was last given back, at settled.
func settle(settled, before, now memoryUse) bool {
	return now.allocated-before.allocated < calmRate && now.allocated-settled.allocated > max(worthCollecting, now.live/2)
}

// startSettling runs settleMemory, and returns what stops it.
func startSettling() func(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		settleMemory(ctx)
	}()
	return func(context.Context) error {
		cancel()
		<-done
		return nil
	}
}

// settleMemory gives memory back to the system once a burst is over, until ctx
// ends. A fleet that reconnects leaves garbage of twice its size, which the
// runtime would keep for up to two minutes.
func settleMemory(ctx context.Context) {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	read := func() memoryUse {
		metrics.Read(samples)
		return memoryUse{live: samples[0].Value.Uint64(), allocated: samples[1].Value.Uint64()}
	}
	tick := time.NewTicker(memoryInterval)
	defer tick.Stop()
	settled := read()
	before := settled
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := read()
		if settle(settled, before, now) {
			debug.FreeOSMemory()
			settled = now
		}
		before = now
	}
}
