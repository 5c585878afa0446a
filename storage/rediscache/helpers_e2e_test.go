//go:build e2e

package rediscache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
)

// metric returns the value of a counter or gauge as Prometheus would scrape it,
// the sum over its labels.
func metric(t testing.TB, r prometheus.Gatherer, name string) (sum float64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "ollystack_redis_"+name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
			return sum
		}
	}
	t.Fatalf("there is no metric ollystack_redis_%s", name)
	return 0
}

// published is a Cache whose Updates wait until nothing waits to be published,
// so that the reads that follow find much of it in Redis.
type published struct {
	*Cache
	closing func() // called before the Cache closes
}

func (p published) Close() error {
	p.closing()
	return p.Cache.Close()
}

func (p published) Update(ctx context.Context, fn func(fleet.Tx) error) error {
	err := p.Cache.Update(ctx, fn)
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for p.queue.len() > 0 && time.Now().Before(deadline) {
		<-tick.C
	}
	return err
}

// update runs fn in an Update of c that must succeed.
func update(t testing.TB, c fleet.Store, fn func(fleet.Tx) error) {
	t.Helper()
	if err := c.Update(context.Background(), fn); err != nil {
		t.Fatalf("Update() = %v, want nil", err)
	}
}

// testUID is the UID of the n-th agent of a test.
func testUID(n int) fleet.InstanceUID {
	return fleet.InstanceUID{0: 1, 6: 0x70, 8: 0x80, 14: byte(n >> 8), 15: byte(n)}
}

// testConfig is an effective configuration whose text is its own.
func testEffective(text string) fleet.EffectiveConfig {
	files := fleet.ConfigMap{"": {Body: []byte(text), ContentType: "text/yaml"}}
	return fleet.EffectiveConfig{Hash: files.Hash(), Files: files}
}

// putAgents writes agents from first to last, each with an effective config of its own.
func putAgents(t testing.TB, c fleet.Store, first, last int, seq uint64) {
	t.Helper()
	update(t, c, func(tx fleet.Tx) error {
		for n := first; n <= last; n++ {
			e := testEffective(fmt.Sprintf("agent: %d\nseq: %d\n", n, seq))
			err := errors.Join(tx.PutEffectiveConfig(e), tx.PutAgent(fleet.Agent{
				UID: testUID(n), SequenceNum: seq, EffectiveConfig: e.Hash,
			}))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// envelope is a value as another tool reads it.
type envelope struct {
	Epoch    string          `json:"epoch"`
	Revision uint64          `json:"revision"`
	MAC      string          `json:"mac"`
	Value    json.RawMessage `json:"value"`
}

// inRedis reads what another tool sees of agent n; found is false where there is nothing.
func inRedis(t testing.TB, s *redisServer, name string) (e envelope, found bool) {
	t.Helper()
	raw, err := s.admin().Get(context.Background(), name).Bytes()
	if isNil(err) {
		return envelope{}, false
	}
	if err != nil {
		t.Fatalf("GET %s: %v", name, err)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatalf("GET %s = %q, not JSON: %v", name, raw, err)
	}
	return e, true
}

// waitMirror waits until Redis holds exactly the fleet that store holds, under
// its keys, as other tools see it.
func waitMirror(t testing.TB, s *redisServer, c *Cache) {
	t.Helper()
	rdb := s.admin()
	eventually(t, "Redis holds what the store holds", func() error {
		want := map[string]string{}
		err := c.inner.View(context.Background(), func(tx fleet.Tx) error {
			add := func(k key, value []byte, err error) error {
				want[k.named(c.prefix)] = string(value)
				return err
			}
			for a, err := range tx.Agents(fleet.InstanceUID{}) {
				value, encErr := encodeAgent(a)
				if err := add(agentKey(a.UID), value, errors.Join(err, encErr)); err != nil {
					return err
				}
				if a.EffectiveConfig != "" {
					e, err := tx.EffectiveConfig(a.EffectiveConfig)
					value, encErr := encodeEffectiveConfig(e)
					if err := add(effectiveConfigKey(e.Hash), value, errors.Join(err, encErr)); err != nil {
						return err
					}
				}
			}
			for a, err := range tx.Agents(fleet.InstanceUID{}) {
				if err != nil {
					return err
				}
				if a.Components != "" {
					list, err := tx.Components(a.Components)
					value, encErr := encodeComponents(a.Components, list)
					if err := add(componentsKey(a.Components), value, errors.Join(err, encErr)); err != nil {
						return err
					}
				}
			}
			for conf, err := range tx.Configs() {
				value, encErr := encodeConfig(conf)
				if err := add(configKey(conf.ID), value, errors.Join(err, encErr)); err != nil {
					return err
				}
				for v, err := range tx.Versions(conf.ID) {
					value, encErr := encodeVersion(v)
					if err := add(versionKey(conf.ID, v.Number), value, errors.Join(err, encErr)); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		names, err := rdb.Keys(context.Background(), c.prefix+"*").Result()
		if err != nil {
			return err
		}
		for _, name := range names {
			if name == c.prefix+heartbeatKey {
				continue
			}
			raw, err := rdb.Get(context.Background(), name).Bytes()
			if err != nil {
				return fmt.Errorf("GET %s: %w", name, err)
			}
			var e envelope
			if err := json.Unmarshal(raw, &e); err != nil {
				return fmt.Errorf("GET %s = %q: %w", name, raw, err)
			}
			if w, ok := want[name]; !ok {
				return fmt.Errorf("Redis has %s, which the store has not", name)
			} else if w != string(e.Value) {
				return fmt.Errorf("Redis has %s = %s, want %s", name, e.Value, w)
			}
			if e.Epoch != c.seal.epoch {
				return fmt.Errorf("Redis has %s of epoch %q, want %q", name, e.Epoch, c.seal.epoch)
			}
			delete(want, name)
		}
		if len(want) > 0 {
			return fmt.Errorf("Redis lacks %d records of the store", len(want))
		}
		return nil
	})
}
