package main

import (
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// samples collects durations from many goroutines without a lock. What does not
// fit is counted and dropped.
type samples struct {
	values []atomic.Int64 // nanoseconds; atomic, for a late reader may still write while the phase sums up
	next   atomic.Int64
}

func newSamples(capacity int) *samples { return &samples{values: make([]atomic.Int64, capacity)} }

// add keeps d. Calls may be concurrent.
func (s *samples) add(d time.Duration) {
	if i := s.next.Add(1) - 1; i < int64(len(s.values)) {
		s.values[i].Store(int64(d))
	}
}

// count tells how many were kept.
func (s *samples) count() int { return int(min(s.next.Load(), int64(len(s.values)))) }

// sorted returns a sorted copy.
func (s *samples) sorted() []time.Duration {
	out := make([]time.Duration, s.count())
	for i := range out {
		out[i] = time.Duration(s.values[i].Load())
	}
	slices.Sort(out)
	return out
}

// percentile returns the nearest-rank percentile of sorted values: the smallest
// one that at least p percent of them do not exceed. It is 0 for no values; p
// is within 0..100.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// spread sums up a set of durations, in milliseconds.
type spread struct {
	Count  int     `json:"count"`
	P50MS  float64 `json:"p50_ms"`
	P99MS  float64 `json:"p99_ms"`
	LastMS float64 `json:"max_ms"`
}

func spreadOf(sorted []time.Duration) spread {
	return spread{
		Count:  len(sorted),
		P50MS:  inMS(percentile(sorted, 50)),
		P99MS:  inMS(percentile(sorted, 99)),
		LastMS: inMS(percentile(sorted, 100)),
	}
}

func inMS(d time.Duration) float64      { return rounded(float64(d) / float64(time.Millisecond)) }
func inSeconds(d time.Duration) float64 { return rounded(d.Seconds()) }

// rounded keeps three decimals: more would only claim a precision that is not there.
func rounded(f float64) float64 { return math.Round(f*1000) / 1000 }
