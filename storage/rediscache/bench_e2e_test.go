//go:build e2e

package rediscache

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

const benchAgents = 10_000

// benchFleet writes a fleet as real ones are: 4 KiB of effective configuration
// each, half of them equal.
func benchFleet(b *testing.B, s fleet.Store, seq uint64) {
	b.Helper()
	filler := strings.Repeat("      # what a collector runs is mostly comments\n", 85)
	update(b, s, func(tx fleet.Tx) error {
		for n := range benchAgents {
			e := testEffective(fmt.Sprintf("receivers:\n  otlp:\n    # %d\n%s", n%(benchAgents/2), filler))
			err := errors.Join(tx.PutEffectiveConfig(e), tx.PutAgent(fleet.Agent{
				UID: testUID(n + 1), SequenceNum: seq, EffectiveConfig: e.Hash,
				Description: fleet.Description{
					Identifying:    fleet.Attributes{{Key: "service.name", Value: "otelcol-contrib"}, {Key: "service.version", Value: "0.149.0"}},
					NonIdentifying: fleet.Attributes{{Key: "host.name", Value: fmt.Sprintf("edge-%d", n)}, {Key: "os.type", Value: "linux"}},
				},
				Capabilities: 0x7fff, Health: &fleet.Health{Healthy: true, Status: "StatusOK"},
			}))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkBatch is the manager's batch of everything that 10,000 agents report,
// with and without a Redis to publish it to.
func BenchmarkBatch(b *testing.B) {
	server := startRedis(b)
	for _, redis := range []bool{false, true} {
		b.Run(fmt.Sprintf("redis=%v", redis), func(b *testing.B) {
			var s fleet.Store = openBolt(b, b.TempDir())
			if redis {
				server.do("FLUSHALL")
				c := openCache(b, s, Options{URL: server.addr})
				waitStatus(b, c, fleet.CheckOK)
				s = c
			} else {
				b.Cleanup(func() { _ = s.Close() })
			}
			seq := uint64(0)
			for b.Loop() {
				seq++
				benchFleet(b, s, seq)
			}
		})
	}
}

// BenchmarkReconcile compares a fleet of 10,000 that is as it should be, and publishes it to an empty Redis.
func BenchmarkReconcile(b *testing.B) {
	server := startRedis(b)
	c := openCache(b, openBolt(b, b.TempDir()), Options{URL: server.addr}, blind)
	waitStatus(b, c, fleet.CheckOK)
	benchFleet(b, c, 1)
	waitMirror(b, server, c)
	b.Logf("Redis uses %s", usedMemory(server))
	c.stop()
	<-c.stopped // the worker is ours now
	w := newWorker(c, testPace())
	w.nextProbe = time.Now().Add(time.Hour)
	run := func(b *testing.B) {
		generation, _ := c.link.isUp()
		if err := errors.Join(w.reconcileStore(b.Context(), generation), w.reconcileRedis(b.Context(), generation)); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			run(b)
		}
	})
	b.Run("empty", func(b *testing.B) {
		for b.Loop() {
			server.do("FLUSHALL")
			run(b)
		}
	})
}

// BenchmarkRead reads one agent from Redis, and from the store beside it.
func BenchmarkRead(b *testing.B) {
	server := startRedis(b)
	c := openCache(b, openBolt(b, b.TempDir()), Options{URL: server.addr})
	waitStatus(b, c, fleet.CheckOK)
	benchFleet(b, c, 1)
	waitMirror(b, server, c)
	for name, s := range map[string]fleet.Store{"redis": c, "bolt": c.inner} {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n++
				if _, err := s.Agent(b.Context(), testUID(n%benchAgents+1)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func usedMemory(s *redisServer) string {
	info, _ := s.do("INFO", "memory").(string)
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(line, "used_memory_human:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "?"
}
