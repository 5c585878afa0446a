package app

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	memoryInterval = time.Second
	// calmRate is how much may be allocated in a second of calm: a fleet of
	// 10,000 that only sends heartbeats stays below it.
	calmRate = 8 << 20
	// worthCollecting is how much garbage is worth a collection, at least;
	// below half of what lives it is left to the runtime.
	worthCollecting = 16 << 20
)

// memoryUse is what the runtime knows of its heap, in bytes.
type memoryUse struct {
	objects   uint64 // live objects and garbage
	live      uint64 // what the last collection has left
	allocated uint64 // since the start
}

// settle reports whether the burst is over that left now behind: little is being
// allocated, and enough of the heap is garbage.
func settle(before, now memoryUse) bool {
	garbage := now.objects - min(now.live, now.objects)
	return now.allocated-before.allocated < calmRate && garbage > max(worthCollecting, now.live/2)
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
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"},
	}
	read := func() memoryUse {
		metrics.Read(samples)
		return memoryUse{samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64()}
	}
	tick := time.NewTicker(memoryInterval)
	defer tick.Stop()
	before := read()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := read()
		if settle(before, now) {
			debug.FreeOSMemory()
		}
		before = now
	}
}
