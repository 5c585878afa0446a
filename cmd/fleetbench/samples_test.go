package main

import (
	"sync"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, tc := range []struct {
		name   string
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		{"none", nil, 50, 0},
		{"one", []time.Duration{7}, 99, 7},
		{"median of two is the lower", []time.Duration{1, 9}, 50, 1},
		{"median of three", []time.Duration{1, 5, 9}, 50, 5},
		{"p99 of a hundred", hundred, 99, 99},
		{"p99.5 of a hundred", hundred, 99.5, 100},
		{"p100", hundred, 100, 100},
		{"p0 is the least", hundred, 0, 1},
	} {
		if got := percentile(tc.sorted, tc.p); got != tc.want {
			t.Errorf("percentile(%s, %v) = %v, want %v", tc.name, tc.p, got, tc.want)
		}
	}
}

func TestSamplesKeepWhatFits(t *testing.T) {
	s := newSamples(150)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 50 {
				s.add(time.Duration(i+1) * time.Millisecond)
			}
		})
	}
	wg.Wait()
	if got := s.count(); got != 150 {
		t.Fatalf("count() = %d, want 150", got)
	}
	sorted := s.sorted()
	for i, d := range sorted {
		if d <= 0 || i > 0 && d < sorted[i-1] {
			t.Fatalf("sorted()[%d] = %v, want ascending values above zero", i, d)
		}
	}
}
