package bolt_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

const (
	fleetSize = 10_000
	batch     = 500
)

func openSample(b *testing.B, size int) *bolt.Store {
	b.Helper()
	s := open(b, bolt.Options{Path: filepath.Join(b.TempDir(), "fleet.db")})
	writeAll(b, s, size, nil)
	return s
}

func writeAll(b *testing.B, s *bolt.Store, size int, change func(*fleet.Agent)) {
	b.Helper()
	for first := 0; first < size; first += batch {
		err := s.Update(b.Context(), func(tx fleet.Tx) error {
			return putFleet(tx, first, min(first+batch, size), change)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPut10k writes 10,000 agents with a configuration of 4 KiB each, in
// transactions of 500, into a new file, then rewrites every record once.
func BenchmarkPut10k(b *testing.B) {
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "fleet.db")
		s := open(b, bolt.Options{Path: path})
		start := time.Now()
		writeAll(b, s, fleetSize, nil)
		b.ReportMetric(time.Since(start).Seconds(), "s/create")
		b.ReportMetric(mib(b, path), "MiB/created")
		start = time.Now()
		writeAll(b, s, fleetSize, func(a *fleet.Agent) { a.SequenceNum += 1000; a.Health.Healthy = false })
		b.ReportMetric(time.Since(start).Seconds(), "s/rewrite")
		b.ReportMetric(mib(b, path), "MiB/rewritten")
	}
}

func mib(b *testing.B, path string) float64 {
	b.Helper()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return float64(info.Size()) / (1 << 20)
}

// BenchmarkAgents10k reads every agent, as a start does.
func BenchmarkAgents10k(b *testing.B) {
	s := openSample(b, fleetSize)
	b.ReportAllocs()
	for b.Loop() {
		err := s.View(b.Context(), func(tx fleet.Tx) error {
			for _, err := range tx.Agents(fleet.InstanceUID{}) {
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAgent reads one agent.
func BenchmarkAgent(b *testing.B) {
	s := openSample(b, 1000)
	uid := sampleUID(500)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Agent(b.Context(), uid); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEffectiveConfig reads one body of 4 KiB.
func BenchmarkEffectiveConfig(b *testing.B) {
	s := openSample(b, 1000)
	hash := sampleBody(500).Hash
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.EffectiveConfig(b.Context(), hash); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdateOne commits one change, as an operator's write does: two syncs of the disk.
func BenchmarkUpdateOne(b *testing.B) {
	s := openSample(b, fleetSize)
	a, err := s.Agent(b.Context(), sampleUID(500))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		a.Revision++
		if err := s.Update(b.Context(), func(tx fleet.Tx) error { return tx.PutAgent(a) }); err != nil {
			b.Fatal(err)
		}
	}
}
