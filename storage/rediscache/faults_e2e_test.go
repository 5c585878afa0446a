//go:build e2e

package rediscache

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// rig is a Cache over a store in memory before a real Redis.
type rig struct {
	*testing.T
	server  *redisServer
	cache   *Cache
	metrics *prometheus.Registry
}

// newRig waits until all is well and Redis holds ten agents.
func newRig(t *testing.T, server *redisServer, o Options, change ...func(*pace)) *rig {
	t.Helper()
	r := &rig{T: t, server: server, metrics: prometheus.NewRegistry()}
	o.Registerer = r.metrics
	if o.URL == "" {
		o.URL = server.addr
	}
	r.cache = openCache(t, mem.New(), o, change...)
	putAgents(t, r.cache, 1, 10, 1)
	waitStatus(t, r.cache, fleet.CheckOK)
	waitMirror(t, server, r.cache)
	return r
}

func (r *rig) value(name string) float64 { return metric(r.T, r.metrics, name) }

// wantRead reads agent n, which must be of the given sequence number, and
// reports whether Redis answered.
func (r *rig) wantRead(n int, seq uint64) (hit bool) {
	r.Helper()
	before := r.value("hits_total")
	a, err := r.cache.Agent(r.Context(), testUID(n))
	if err != nil || a.SequenceNum != seq {
		r.Errorf("Agent(%d) = %d, %v, want %d", n, a.SequenceNum, err, seq)
	}
	return r.value("hits_total") > before
}

// wantHit waits until Redis answers reads of agent n, with the given sequence number.
func (r *rig) wantHit(n int, seq uint64) {
	r.Helper()
	eventually(r.T, "a read is answered from Redis", func() error {
		if !r.wantRead(n, seq) {
			return errors.New("it was answered from the store")
		}
		return nil
	})
}

// wantFullSpeed makes writes and reads, none of which may wait for the Redis. It
// returns the sequence number that agent 1 has then.
func (r *rig) wantFullSpeed(seq uint64) uint64 {
	r.Helper()
	const rounds = 50
	var writes, reads []time.Duration
	for range rounds {
		seq++
		began := time.Now()
		putAgents(r.T, r.cache, 1, 3, seq)
		writes = append(writes, time.Since(began))
		began = time.Now()
		r.wantRead(1, seq)
		reads = append(reads, time.Since(began))
	}
	// A few reads lose their patience before the fault is known, and a busy
	// machine delays anything now and then: the median knows neither.
	for what, took := range map[string][]time.Duration{"Update": writes, "Agent": reads} {
		slices.Sort(took)
		if median := took[rounds/2]; median > r.cache.patience/2 {
			r.Errorf("%s() took %v in the median and %v at most, want at most %v in the median", what, median, took[rounds-1], r.cache.patience/2)
		}
	}
	return seq
}

// Every fault is made, suffered at full speed, seen in the health check and the
// metric, mended, and healed from without help.
func TestFaults(t *testing.T) {
	cases := []struct {
		name string
		args []string
		// make returns what mends.
		make   func(r *rig) (mend func())
		detail string
		errors string // kind
	}{
		{
			name: "gone", detail: "cannot be reached", errors: "connection",
			make: func(r *rig) func() { r.server.kill(); return r.server.start },
		},
		{
			name: "hanging", detail: "does not answer in time", errors: "timeout",
			make: func(r *rig) func() {
				r.server.signal(syscall.SIGSTOP)
				return func() { r.server.signal(syscall.SIGCONT) }
			},
		},
		{
			name: "busy", detail: "does not answer in time", errors: "timeout",
			make: func(r *rig) func() {
				asleep := make(chan struct{})
				go func() {
					defer close(asleep)
					r.server.do("DEBUG", "SLEEP", "2")
				}()
				return func() { <-asleep }
			},
		},
		{
			name: "full", detail: "out of memory", errors: "full",
			make: func(r *rig) func() {
				r.server.do("CONFIG", "SET", "maxmemory", "1")
				return func() { r.server.do("CONFIG", "SET", "maxmemory", "0") }
			},
		},
		{
			name: "read-only", detail: "read-only", errors: "read_only",
			make: func(r *rig) func() {
				r.server.do("REPLICAOF", "127.0.0.1", "1")
				return func() { r.server.do("REPLICAOF", "NO", "ONE") }
			},
		},
		{
			name: "password changed", detail: "refuses our user or password", errors: "auth",
			make: func(r *rig) func() {
				r.server.do("CONFIG", "SET", "requirepass", "another")
				// Who is in, stays in.
				r.server.doAs("another", "CLIENT", "KILL", "TYPE", "normal")
				return func() { r.server.doAs("another", "CONFIG", "SET", "requirepass", "") }
			},
		},
		{
			name: "commands forbidden", detail: "too few commands", errors: "auth",
			make: func(r *rig) func() {
				r.server.do("ACL", "SETUSER", "default", "-set")
				return func() { r.server.do("ACL", "SETUSER", "default", "+set") }
			},
		},
		{
			name: "cannot save", detail: "answers with errors", errors: "other",
			args: []string{"--save", "3600 1000000", "--stop-writes-on-bgsave-error", "yes"},
			make: func(r *rig) func() {
				// What is a directory cannot be replaced by a snapshot.
				dump := filepath.Join(r.server.dir, "dump.rdb")
				if err := os.Mkdir(dump, 0o700); err != nil {
					r.Fatal(err)
				}
				r.server.saveInBackground("err")
				return func() {
					if err := os.Remove(dump); err != nil {
						r.Fatal(err)
					}
					r.server.saveInBackground("ok")
				}
			},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, startRedis(t, tc.args...), Options{})
			if got := r.value("up"); got != 1 {
				t.Errorf("up = %v, want 1", got)
			}
			mend := tc.make(r)
			seq := r.wantFullSpeed(1)
			waitStatus(t, r.cache, fleet.CheckDegraded)
			eventually(t, "the health check says what is wrong", func() error {
				if got := r.cache.Check(t.Context()); !strings.Contains(got.Detail, tc.detail) {
					return fmt.Errorf("Check() = %+v, want detail with %q", got, tc.detail)
				}
				return nil
			})
			if got := r.value("up"); got != 0 {
				t.Errorf("up = %v, want 0", got)
			}
			seq = r.wantFullSpeed(seq)
			update(t, r.cache, func(tx fleet.Tx) error { return tx.DeleteAgent(testUID(10)) })
			mend()
			waitStatus(t, r.cache, fleet.CheckOK)
			waitMirror(t, r.server, r.cache)
			r.wantHit(1, seq)
			if got := r.kind(tc.errors); got == 0 {
				t.Errorf("errors_total{kind=%q} = 0, want some", tc.errors)
			}
		})
	}
}

// kind returns the failures of one kind.
func (r *rig) kind(want string) float64 {
	r.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		r.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "kind" && l.GetValue() == want {
					return m.GetCounter().GetValue()
				}
			}
		}
	}
	r.Fatalf("there is no errors_total{kind=%q}", want)
	return 0
}
