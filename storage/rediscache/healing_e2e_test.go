//go:build e2e

package rediscache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// blind is a pace at which the worker notices nothing after the start: what is
// served then is right for what the envelopes say alone.
func blind(p *pace) { p.probe, p.audit, p.settle = time.Hour, time.Hour, time.Hour }

func TestFlushedUnnoticed(t *testing.T) {
	r := newRig(t, startRedis(t), Options{})
	r.server.do("FLUSHALL")
	r.wantRead(1, 1)
	waitMirror(t, r.server, r.cache)
	waitStatus(t, r.cache, fleet.CheckOK)
	// What is published is seen a moment before it is counted.
	eventually(t, "the fleet was published again", func() error {
		if got := r.value("reconciliations_total"); got < 2 {
			return fmt.Errorf("reconciliations_total = %v, want at least 2", got)
		}
		return nil
	})
}

func TestRestartedEmpty(t *testing.T) {
	r := newRig(t, startRedis(t), Options{})
	r.server.kill()
	r.server.start()
	r.wantRead(1, 1)
	waitMirror(t, r.server, r.cache)
	waitStatus(t, r.cache, fleet.CheckOK)
}

// The value in the snapshot was right when it was taken, and nothing has been
// written since the restart that could have replaced it.
func TestRestartedFromOldSnapshot(t *testing.T) {
	r := newRig(t, startRedis(t), Options{}, blind)
	old := r.server.snapshot()
	putAgents(t, r.cache, 1, 5, 2)
	waitMirror(t, r.server, r.cache)
	r.server.restore(old)
	for range 200 {
		for n := 1; n <= 5; n++ {
			r.wantRead(n, 2)
		}
	}
}

func TestRestartedFromOldSnapshotHeals(t *testing.T) {
	r := newRig(t, startRedis(t), Options{})
	old := r.server.snapshot()
	putAgents(t, r.cache, 1, 5, 2)
	update(t, r.cache, func(tx fleet.Tx) error { return tx.DeleteAgent(testUID(10)) })
	waitMirror(t, r.server, r.cache)
	r.server.restore(old)
	r.wantRead(1, 2)
	waitMirror(t, r.server, r.cache)
	r.wantHit(1, 2)
	waitStatus(t, r.cache, fleet.CheckOK)
}

// The store goes back to a backup; the Redis still has what came after it.
func TestRestoredStore(t *testing.T) {
	server := startRedis(t)
	store := mem.New()
	backup := func() fleet.Store { return store.Reopen() }
	c := openCache(t, backup(), Options{URL: server.addr})
	putAgents(t, c, 1, 10, 7)
	waitMirror(t, server, c)
	after := server.snapshot()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}

	c = openCache(t, backup(), Options{URL: server.addr}, blind)
	if _, err := c.Agent(t.Context(), testUID(1)); fleet.KindOf(err) != fleet.NotFound {
		t.Errorf("Agent() after the restore = %v, want NotFound", err)
	}
	waitStatus(t, c, fleet.CheckOK)
	waitMirror(t, server, c)
	server.restore(after)
	for n := 1; n <= 10; n++ {
		if a, err := c.Agent(t.Context(), testUID(n)); fleet.KindOf(err) != fleet.NotFound {
			t.Errorf("Agent(%d) after both restores = %+v, %v, want NotFound", n, a, err)
		}
	}
}

// Whoever writes to the Redis, and whatever: at worst it is a miss.
func TestTamperedWith(t *testing.T) {
	r := newRig(t, startRedis(t), Options{}, blind)
	name := agentKey(testUID(1)).named(r.cache.prefix)
	get := func(name string) []byte {
		b, err := r.server.admin().Get(t.Context(), name).Bytes()
		if err != nil {
			t.Fatalf("GET %s: %v", name, err)
		}
		return b
	}
	first := get(name)
	r.wantHit(1, 1)
	putAgents(t, r.cache, 1, 1, 2)
	waitMirror(t, r.server, r.cache)
	second := get(name)

	cases := map[string][]any{
		"an older commit published last": {"SET", name, first},
		"the value of another key":       {"SET", name, get(agentKey(testUID(2)).named(r.cache.prefix))},
		"a changed value":                {"SET", name, bytes.Replace(second, []byte(`"sequence_num":2`), []byte(`"sequence_num":9`), 1)},
		"cut off":                        {"SET", name, second[:len(second)-10]},
		"no value":                       {"SET", name, second[:len(r.cache.seal.preamble(name, 0, nil))]},
		"empty":                          {"SET", name, ""},
		"not kept, says somebody":        {"SET", name, append(second[:len(r.cache.seal.head(2)):len(r.cache.seal.head(2))], `"value":null}`...)},
		"another type":                   {"LPUSH", name, "x"},
	}
	for what, command := range cases {
		r.server.do("DEL", name)
		r.server.do(command...)
		if hit := r.wantRead(1, 2); hit {
			t.Errorf("%s: the read was answered from Redis", what)
		}
		r.wantHit(1, 2)
	}
	if got := r.kind("forged"); got == 0 {
		t.Error("errors_total{kind=\"forged\"} = 0, want some")
	}
	if got := r.cache.Check(t.Context()); got.Status != fleet.CheckOK {
		t.Errorf("Check() = %+v, want ok", got)
	}
}

// What is gone is gone, also where Redis still has it.
func TestDeletedAndReplayed(t *testing.T) {
	r := newRig(t, startRedis(t), Options{}, blind)
	body := testEffective("agent: 1\nseq: 1\n").Hash
	update(t, r.cache, func(tx fleet.Tx) error {
		return errors.Join(
			tx.PutComponents("k", fleet.Components{"receivers": {"otlp"}}),
			tx.PutAgent(fleet.Agent{UID: testUID(1), EffectiveConfig: body, Components: "k"}),
			tx.PutConfig(fleet.Config{ID: "c", Name: "c", Version: 2}),
			tx.PutVersion(fleet.Version{ConfigID: "c", Number: 1, Body: []byte("one")}),
			tx.PutVersion(fleet.Version{ConfigID: "c", Number: 2, Body: []byte("two")}),
		)
	})
	ctx := t.Context()
	reads := map[key]func() error{
		agentKey(testUID(1)):     func() error { _, err := r.cache.Agent(ctx, testUID(1)); return err },
		configKey("c"):           func() error { _, err := r.cache.Config(ctx, "c"); return err },
		versionKey("c", 1):       func() error { _, err := r.cache.Version(ctx, "c", 1); return err },
		versionKey("c", 2):       func() error { _, err := r.cache.Version(ctx, "c", 2); return err },
		effectiveConfigKey(body): func() error { _, err := r.cache.EffectiveConfig(ctx, body); return err },
		componentsKey("k"):       func() error { _, err := r.cache.Components(ctx, "k"); return err },
	}
	saved := map[key]string{}
	for k, read := range reads {
		eventually(t, k.String()+" is answered from Redis", func() error {
			before := r.value("hits_total")
			if err := read(); err != nil {
				return err
			}
			if r.value("hits_total") == before {
				return errors.New("it was answered from the store")
			}
			return nil
		})
		saved[k], _ = r.server.do("GET", k.named(r.cache.prefix)).(string)
	}
	update(t, r.cache, func(tx fleet.Tx) error {
		return errors.Join(tx.DeleteAgent(testUID(1)), tx.DeleteConfig("c"))
	})
	eventually(t, "the deletions reach Redis", func() error {
		if n := r.server.do("EXISTS", agentKey(testUID(1)).named(r.cache.prefix)); n != int64(0) {
			return errors.New("the agent is still there")
		}
		return nil
	})
	for k, read := range reads {
		r.server.do("SET", k.named(r.cache.prefix), saved[k])
		if err := read(); fleet.KindOf(err) != fleet.NotFound {
			t.Errorf("%s, deleted and back in Redis = %v, want NotFound", k, err)
		}
	}
	// Who reads what is not there has it removed.
	waitMirror(t, r.server, r.cache)
}

// What another process left is removed; what is not of our making is let be.
func TestLeftovers(t *testing.T) {
	server := startRedis(t)
	leftovers := []string{
		agentKey(testUID(99)).named(defaultPrefix), configKey("gone").named(defaultPrefix), versionKey("gone", 3).named(defaultPrefix),
	}
	others := []string{"other", "ollystack:mine", "ollystack:agent:mine", "ollystack:version:x", "ollystac:agent:" + testUID(1).String()}
	for _, name := range append(leftovers, others...) {
		server.do("SET", name, "x")
	}
	c := openCache(t, mem.New(), Options{URL: server.addr})
	waitStatus(t, c, fleet.CheckOK)
	for _, name := range leftovers {
		if server.do("EXISTS", name) != int64(0) {
			t.Errorf("%s is still there, want it removed", name)
		}
	}
	for _, name := range others {
		if server.do("EXISTS", name) != int64(1) {
			t.Errorf("%s is gone, want it let be", name)
		}
	}
}

// A write that was given up as lost lands after everything was put right.
func TestLateWrite(t *testing.T) {
	server := startRedis(t)
	p := startProxy(t, server.addr)
	const late = 2 * time.Second
	// No probe while all is well: it would find out before anything is written.
	r := newRig(t, server, Options{URL: p.addr, Timeout: 100 * time.Millisecond}, func(p *pace) {
		p.probe, p.settle = time.Hour, 5*time.Second
	})
	before := r.kind("timeout") // a busy machine may have had some
	p.makeTrouble(func(toServer bool) trouble {
		if toServer {
			return trouble{delay: late}
		}
		return trouble{}
	})
	putAgents(t, r.cache, 1, 5, 2)
	eventually(t, "the write is given up", func() error {
		if r.kind("timeout") == before {
			return errors.New("it has not been yet")
		}
		return nil
	})
	p.makeTrouble(nil)
	putAgents(t, r.cache, 1, 5, 3)
	waitStatus(t, r.cache, fleet.CheckOK)
	eventually(t, "the late write lands", func() error { // a read would have it put right at once
		e, _ := inRedis(t, server, agentKey(testUID(1)).named(defaultPrefix))
		a, err := decodeAgent(e.Value)
		if err == nil && a.SequenceNum != 2 {
			err = fmt.Errorf("Redis has %d", a.SequenceNum)
		}
		return err
	})
	for range 20 {
		r.wantRead(1, 3)
	}
	// What nobody reads is put right by the reconciliation that follows.
	waitMirror(t, server, r.cache)
}

// A Redis whose answers take longer than a read waits is left alone by reads, and still published to.
func TestSlow(t *testing.T) {
	server := startRedis(t)
	p := startProxy(t, server.addr)
	r := newRig(t, server, Options{URL: p.addr})
	p.makeTrouble(func(toServer bool) trouble {
		if toServer {
			return trouble{}
		}
		return trouble{delay: 30 * time.Millisecond}
	})
	for range slowReads {
		r.wantRead(1, 1)
	}
	waitStatus(t, r.cache, fleet.CheckDegraded)
	for range 100 {
		if r.wantRead(1, 1) {
			t.Fatal("a read was answered from a slow Redis")
		}
	}
	putAgents(t, r.cache, 1, 5, 2)
	waitMirror(t, server, r.cache)
	p.makeTrouble(nil)
	waitStatus(t, r.cache, fleet.CheckOK)
	r.wantHit(1, 2)
}

// Two control planes under one prefix are told of each other, and are right all the same.
func TestRival(t *testing.T) {
	server := startRedis(t)
	r := newRig(t, server, Options{})
	rival := openCache(t, mem.New(), Options{URL: server.addr})
	waitStatus(t, r.cache, fleet.CheckDegraded)
	eventually(t, "both say so", func() error {
		for _, c := range []*Cache{r.cache, rival} {
			if got := c.Check(t.Context()); got.Status != fleet.CheckDegraded || !bytes.Contains([]byte(got.Detail), []byte("another control plane")) {
				return fmt.Errorf("Check() = %+v", got)
			}
		}
		return nil
	})
	for n := 1; n <= 10; n++ {
		r.wantRead(n, 1)
		if a, err := rival.Agent(context.Background(), testUID(n)); fleet.KindOf(err) != fleet.NotFound {
			t.Errorf("the rival's Agent(%d) = %+v, %v, want NotFound", n, a, err)
		}
	}
	if err := rival.Close(); err != nil {
		t.Fatal(err)
	}
	waitStatus(t, r.cache, fleet.CheckOK)
}

// A Redis that forgets what it has no room for is a cache like any other.
func TestEvicting(t *testing.T) {
	for _, policy := range []string{"allkeys-lru", "allkeys-random"} {
		t.Run(policy, func(t *testing.T) {
			server := startRedis(t, "--maxmemory", "2mb", "--maxmemory-policy", policy)
			store := mem.New()
			const agents = 3000
			putAgents(t, store, 1, agents, 1)
			metrics := prometheus.NewRegistry()
			c := openCache(t, store, Options{URL: server.addr, Registerer: metrics}, func(p *pace) { p.settle = time.Hour })
			waitStatus(t, c, fleet.CheckOK)
			putAgents(t, c, 1, agents/2, 2)
			for round := range 2 {
				for n := 1; n <= agents; n++ {
					want := uint64(1)
					if n <= agents/2 {
						want = 2
					}
					if a, err := c.Agent(t.Context(), testUID(n)); err != nil || a.SequenceNum != want {
						t.Fatalf("round %d: Agent(%d) = %d, %v, want %d", round, n, a.SequenceNum, err, want)
					}
				}
			}
			if info, _ := server.do("INFO", "stats").(string); strings.Contains(info, "evicted_keys:0\r") {
				t.Error("Redis has evicted nothing: the test has tried nothing")
			}
			if got := metric(t, metrics, "hits_total"); got == 0 {
				t.Error("hits_total = 0, want some")
			}
			if got := metric(t, metrics, "reconciliations_total"); got > 3 {
				t.Errorf("reconciliations_total = %v, want few: each costs a look at everything", got)
			}
		})
	}
}
