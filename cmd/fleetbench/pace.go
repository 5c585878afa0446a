package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// pace calls fn with 0..n-1 in order, at most rate times each second (0 for no
// limit), and catches up when fn was slow. It ends early with ctx's cause.
func pace(ctx context.Context, rate float64, n int, fn func(i int)) error {
	// Waking once a millisecond is exact enough and costs next to nothing.
	step := time.Millisecond
	if rate > 0 {
		step = max(step, time.Duration(float64(time.Second)/rate))
	}
	ticks := time.NewTicker(step)
	defer ticks.Stop()
	start := time.Now()
	for i := 0; i < n; {
		due := n
		if rate > 0 {
			due = min(n, int(time.Since(start).Seconds()*rate)+1)
		}
		for ; i < due; i++ {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			fn(i)
		}
		if i == n {
			return nil
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// until waits for a condition that other goroutines bring about, looking every
// few milliseconds. Errors: ctx's cause, with what was waited for.
func until(ctx context.Context, what string, done func() bool) error {
	ticks := time.NewTicker(2 * time.Millisecond)
	defer ticks.Stop()
	for !done() {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, context.Cause(ctx))
		}
	}
	return nil
}

// rest waits for d, or until ctx ends.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// backoff is a jittered exponential wait: from least, half as much again each
// time, up to most.
type backoff struct{ wait, most time.Duration }

func (b *backoff) next() time.Duration {
	jittered := time.Duration(float64(b.wait) * (0.5 + rand.Float64()))
	b.wait = min(b.wait*3/2, b.most)
	return min(jittered, b.most)
}
