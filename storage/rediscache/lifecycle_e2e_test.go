//go:build e2e

package rediscache

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// A fleet that was there before the Redis was is published at the start.
func TestPublishesAtStart(t *testing.T) {
	server := startRedis(t)
	store := mem.New()
	const agents = 2000
	putAgents(t, store, 1, agents, 4)
	update(t, store, func(tx fleet.Tx) error {
		return errors.Join(
			tx.PutComponents("k", fleet.Components{"receivers": {"otlp"}}),
			tx.PutAgent(fleet.Agent{UID: testUID(1), Components: "k"}),
			tx.PutConfig(fleet.Config{ID: "c", Name: "c", Version: 1}),
			tx.PutVersion(fleet.Version{ConfigID: "c", Number: 1, Body: []byte("receivers: {}\n")}),
		)
	})
	c := openCache(t, store, Options{URL: server.addr})
	waitStatus(t, c, fleet.CheckOK)
	waitMirror(t, server, c)
}

// What was committed last is in Redis after a clean stop.
func TestClosePublishesTheLast(t *testing.T) {
	server := startRedis(t)
	// How much fits into the time that Close takes depends on the machine, and is not the question here.
	r := newRig(t, server, Options{}, func(p *pace) { p.farewell = time.Minute })
	putAgents(t, r.cache, 1, 1000, 5)
	if err := r.cache.Close(); err != nil {
		t.Fatalf("Close() = %v, want nil", err)
	}
	for _, n := range []int{1, 500, 1000} {
		e, found := inRedis(t, server, agentKey(testUID(n)).named(defaultPrefix))
		if a, err := decodeAgent(e.Value); !found || err != nil || a.SequenceNum != 5 {
			t.Errorf("agent %d in Redis after Close = %d, %v, found %v, want 5", n, a.SequenceNum, err, found)
		}
	}
	if _, err := r.cache.Agent(t.Context(), testUID(1)); fleet.KindOf(err) != fleet.Unavailable {
		t.Errorf("Agent() after Close = %v, want Unavailable", err)
	}
}

func TestCloseDoesNotWaitForAHangingRedis(t *testing.T) {
	server := startRedis(t)
	r := newRig(t, server, Options{})
	server.signal(syscall.SIGSTOP)
	putAgents(t, r.cache, 1, 10, 2)
	began := time.Now()
	if err := r.cache.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("Close() took %v, want at most 5 s", d)
	}
	server.signal(syscall.SIGCONT)
}

// Metrics are taken back, so that a store can be opened again in one process.
func TestOpensAgain(t *testing.T) {
	server := startRedis(t)
	registry := prometheus.NewRegistry()
	for range 2 {
		c, err := New(mem.New(), Options{URL: server.addr, Registerer: registry})
		if err != nil {
			t.Fatalf("New() = %v, want nil", err)
		}
		if _, err := New(mem.New(), Options{URL: server.addr, Registerer: registry}); err == nil {
			t.Error("New() on the same Registerer = nil, want an error")
		}
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	}
}

// Tokens are the one thing of the store that Redis must not have in any form.
func TestTokensStayOut(t *testing.T) {
	server := startRedis(t)
	r := newRig(t, server, Options{})
	token := fleet.Token{ID: "token-id", Name: "token-name", Role: fleet.RoleAdmin, Hash: "token-hash"}
	update(t, r.cache, func(tx fleet.Tx) error { return tx.PutToken(token) })
	putAgents(t, r.cache, 1, 1, 2)
	waitMirror(t, server, r.cache)
	server.do("FLUSHALL")
	waitMirror(t, server, r.cache)
	if dump := string(server.snapshot()); strings.Contains(dump, "token-") {
		t.Error("Redis holds something of a token")
	}
}

// What Redact takes out of an effective configuration is not in Redis.
func TestRedactsAgain(t *testing.T) {
	server := startRedis(t, "--rdbcompression", "no")
	c := openCache(t, mem.New(), Options{URL: server.addr, Redact: func(e fleet.EffectiveConfig) fleet.EffectiveConfig {
		e.Files = fleet.ConfigMap{"": {Body: []byte("key: [REDACTED]")}}
		e.Redacted = true
		return e
	}})
	e := testEffective("key: hush")
	update(t, c, func(tx fleet.Tx) error {
		return errors.Join(tx.PutEffectiveConfig(e), tx.PutAgent(fleet.Agent{UID: testUID(1), EffectiveConfig: e.Hash}))
	})
	eventually(t, "the body is published", func() error {
		if _, found := inRedis(t, server, effectiveConfigKey(e.Hash).named(defaultPrefix)); !found {
			return errors.New("it is not there")
		}
		return nil
	})
	if dump := string(server.snapshot()); strings.Contains(dump, "hush") || !strings.Contains(dump, "[REDACTED]") {
		t.Errorf("Redis holds %q, want it redacted", dump)
	}
}

// What is too large for Redis, or no text, is said to be elsewhere, and read from there.
func TestNotKept(t *testing.T) {
	server := startRedis(t)
	r := newRig(t, server, Options{})
	large := fleet.Version{ConfigID: "c", Number: 1, Body: []byte(strings.Repeat("x", maxValue))}
	update(t, r.cache, func(tx fleet.Tx) error {
		return errors.Join(
			tx.PutConfig(fleet.Config{ID: "c", Name: "c", Version: 1}), tx.PutVersion(large),
			tx.PutAgent(fleet.Agent{UID: testUID(1), SequenceNum: 9, RemoteAddress: "\xff"}),
		)
	})
	for _, k := range []key{versionKey("c", 1), agentKey(testUID(1))} {
		eventually(t, k.String()+" is marked in Redis", func() error {
			if e, found := inRedis(t, server, k.named(defaultPrefix)); !found || string(e.Value) != notKept {
				return errors.New("it is not")
			}
			return nil
		})
	}
	before := r.value("published_total")
	for range 10 {
		v, err := r.cache.Version(t.Context(), "c", 1)
		if err != nil || len(v.Body) != maxValue {
			t.Errorf("Version() = %d bytes, %v, want %d", len(v.Body), err, maxValue)
		}
		r.wantRead(1, 9)
	}
	waitMirror(t, server, r.cache)
	if got := r.value("published_total"); got != before {
		t.Errorf("published_total grew by %v by reading what is not kept, want 0", got-before)
	}
}
