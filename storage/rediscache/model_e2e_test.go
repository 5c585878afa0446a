//go:build e2e

package rediscache

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// model is a few subjects, each a config that is always there, an agent that
// comes and goes, and a body that only the agent's present version names. Every
// write of a subject counts its config's Revision up.
type model struct {
	t     *testing.T
	cache *Cache

	mu sync.Mutex
	// history holds, by subject and version, the latest attempt to write it.
	// What a read returned is held against it when all is over.
	history [][]attempt
	served  []servedAgent
}

type attempt struct {
	id      int // 0: the agent is away
	present bool
}

type servedAgent struct{ subject, version, id int }

// lingering is a store whose commits and reads take a while, as those of a disk
// may: what was read is no longer the newest when it arrives.
type lingering struct{ fleet.Store }

func (l lingering) Agent(ctx context.Context, uid fleet.InstanceUID) (fleet.Agent, error) {
	defer pause(ctx, time.Millisecond)
	return l.Store.Agent(ctx, uid)
}

func (l lingering) Config(ctx context.Context, id fleet.ConfigID) (fleet.Config, error) {
	defer pause(ctx, time.Millisecond)
	return l.Store.Config(ctx, id)
}

func (l lingering) Update(ctx context.Context, fn func(fleet.Tx) error) error {
	return l.Store.Update(ctx, func(tx fleet.Tx) error {
		err := fn(tx)
		pause(ctx, time.Millisecond)
		return err
	})
}

const (
	modelSubjects = 8
	modelTime     = 8 * time.Second
	modelPatience = time.Minute // for a busy machine, on which less happens in that time
	modelHits     = 200         // so many reads from Redis make it worth something
)

func modelConfigID(subject int) fleet.ConfigID {
	return fleet.ConfigID(fmt.Sprintf("subject-%d", subject))
}

func modelBody(subject, version int) fleet.EffectiveConfig {
	return testEffective(fmt.Sprintf("subject: %d\nversion: %d\n", subject, version))
}

// No read returns anything older than what a View had returned before the read
// began, nor anything that was never committed, whatever happens to the Redis.
func TestModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	server := startRedis(t)
	p := startProxy(t, server.addr)
	metrics := prometheus.NewRegistry()
	m := &model{t: t, history: make([][]attempt, modelSubjects)}
	m.cache = openCache(t, lingering{mem.New()}, Options{URL: p.addr, Timeout: 60 * time.Millisecond, Registerer: metrics}, func(p *pace) {
		p.patience, p.probe, p.audit, p.settle = 50*time.Millisecond, 20*time.Millisecond, 300*time.Millisecond, 100*time.Millisecond
	})
	// Few slots, so that subjects share some.
	m.cache.revisions.mu.Lock()
	m.cache.revisions.slots = m.cache.revisions.slots[:2*modelSubjects]
	m.cache.revisions.mu.Unlock()

	update(t, m.cache, func(tx fleet.Tx) error {
		for i := range modelSubjects {
			m.history[i] = []attempt{{}}
			if err := tx.PutConfig(fleet.Config{ID: modelConfigID(i), Name: string(modelConfigID(i))}); err != nil {
				return err
			}
		}
		return nil
	})

	ctx, cancel := context.WithTimeout(t.Context(), modelPatience)
	defer cancel()
	began := time.Now()
	enough := func() bool { return time.Since(began) > modelTime && metric(t, metrics, "hits_total") > modelHits }
	var running sync.WaitGroup
	for n := range uint64(3) {
		running.Go(func() { m.write(ctx, rand.New(rand.NewPCG(seed, n))) })
	}
	for n := range uint64(6) {
		running.Go(func() { m.read(ctx, rand.New(rand.NewPCG(seed, 100+n))) })
	}
	m.wreck(ctx, server, p, rand.New(rand.NewPCG(seed, 1000)), enough)
	cancel()
	running.Wait()

	p.makeTrouble(nil)
	m.judgeServed()
	waitStatus(t, m.cache, fleet.CheckOK)
	waitMirror(t, server, m.cache)
	hits, reads := metric(t, metrics, "hits_total"), metric(t, metrics, "hits_total")+metric(t, metrics, "misses_total")+metric(t, metrics, "bypassed_total")
	t.Logf("%.0f reads, %.0f answered from Redis, %.0f failures, %.0f reconciliations", reads, hits,
		metric(t, metrics, "errors_total"), metric(t, metrics, "reconciliations_total"))
	if hits < modelHits {
		t.Errorf("%.0f reads were answered from Redis, want at least %d: the model has tried nothing", hits, modelHits)
	}
	if metric(t, metrics, "errors_total") == 0 {
		t.Error("errors_total = 0, want some: the proxy has made no trouble")
	}
}

var errChangedMyMind = errors.New("changed my mind")

// write changes subjects, and sometimes takes it back.
func (m *model) write(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		err := m.cache.Update(context.WithoutCancel(ctx), func(tx fleet.Tx) error {
			for range 1 + rng.IntN(3) {
				if err := m.writeOne(tx, rng.IntN(modelSubjects), rng); err != nil {
					return err
				}
			}
			if rng.IntN(5) == 0 {
				return errChangedMyMind
			}
			return nil
		})
		if err != nil && !errors.Is(err, errChangedMyMind) {
			m.t.Errorf("Update() = %v", err)
		}
		pause(ctx, time.Duration(rng.IntN(30))*time.Millisecond)
	}
}

func (m *model) writeOne(tx fleet.Tx, i int, rng *rand.Rand) error {
	c, err := tx.Config(modelConfigID(i))
	if err != nil {
		return err
	}
	c.Revision++
	now := attempt{id: rng.Int(), present: rng.IntN(3) > 0}
	m.mu.Lock()
	m.history[i] = append(m.history[i][:c.Revision], now) // an attempt that was taken back is forgotten
	m.mu.Unlock()
	if err := tx.PutConfig(c); err != nil {
		return err
	}
	if !now.present {
		if err := tx.DeleteAgent(testUID(i)); fleet.KindOf(err) != fleet.NotFound {
			return err
		}
		return nil
	}
	body := modelBody(i, int(c.Revision))
	return errors.Join(tx.PutEffectiveConfig(body), tx.PutAgent(fleet.Agent{
		UID: testUID(i), SequenceNum: c.Revision, EffectiveConfig: body.Hash, RemoteAddress: fmt.Sprint(now.id),
	}))
}

// version returns what a View says is the version of subject i, and whether its agent is there.
func (m *model) version(i int) (version int, present bool) {
	err := m.cache.View(context.Background(), func(tx fleet.Tx) error {
		c, err := tx.Config(modelConfigID(i))
		if err != nil {
			return err
		}
		_, err = tx.Agent(testUID(i))
		version, present = int(c.Revision), err == nil
		return nil
	})
	if err != nil {
		m.t.Errorf("View() = %v", err)
	}
	return version, present
}

// read reads, and holds every answer against the Views before and after it.
func (m *model) read(ctx context.Context, rng *rand.Rand) {
	bg := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		i := rng.IntN(modelSubjects)
		from, present := m.version(i)
		switch rng.IntN(3) {
		case 0:
			c, err := m.cache.Config(bg, modelConfigID(i))
			if to, _ := m.version(i); err != nil || int(c.Revision) < from || int(c.Revision) > to {
				m.t.Errorf("Config(%d) = revision %d, %v, want %d to %d", i, c.Revision, err, from, to)
			}
		case 1:
			a, err := m.cache.Agent(bg, testUID(i))
			to, _ := m.version(i)
			m.judgeAgent(i, from, to, a, err)
		default:
			// The body of the present version, or of one before it, which nobody names any more.
			of := from - rng.IntN(3)
			if of < 1 {
				continue
			}
			_, err := m.cache.EffectiveConfig(bg, modelBody(i, of).Hash)
			to, _ := m.version(i)
			switch {
			case err == nil && (of < from || !present):
				m.t.Errorf("EffectiveConfig of subject %d, version %d, was found; its version had been %d, present %v", i, of, from, present)
			case err != nil && fleet.KindOf(err) != fleet.NotFound:
				m.t.Errorf("EffectiveConfig of subject %d = %v", i, err)
			case err != nil && of == from && to == from && present:
				m.t.Errorf("EffectiveConfig of subject %d, version %d = %v, want it found", i, of, err)
			}
		}
	}
}

func (m *model) judgeAgent(i, from, to int, a fleet.Agent, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		if fleet.KindOf(err) != fleet.NotFound {
			m.t.Errorf("Agent(%d) = %v", i, err)
			return
		}
		for v := from; v <= to; v++ {
			if !m.history[i][v].present {
				return
			}
		}
		m.t.Errorf("Agent(%d) = %v, want it found: it was there from version %d to %d", i, err, from, to)
		return
	}
	v := int(a.SequenceNum)
	if v < from || v > to {
		m.t.Errorf("Agent(%d) = version %d, want %d to %d", i, v, from, to)
	}
	var id int
	if _, err := fmt.Sscan(a.RemoteAddress, &id); err != nil || a.EffectiveConfig != modelBody(i, v).Hash {
		m.t.Errorf("Agent(%d) = %+v, want all of it of one version", i, a)
	}
	m.served = append(m.served, servedAgent{i, v, id})
}

// judgeServed finds reads of what was never committed.
func (m *model) judgeServed() {
	for _, s := range m.served {
		if h := m.history[s.subject]; s.version >= len(h) || h[s.version].id != s.id {
			m.t.Errorf("Agent(%d) returned version %d of write %d, which was taken back", s.subject, s.version, s.id)
		}
	}
}

// wreck makes all kinds of trouble, one after the other, with calm between, until it is enough.
func (m *model) wreck(ctx context.Context, server *redisServer, p *proxy, rng *rand.Rand, enough func() bool) {
	var mu sync.Mutex
	dice := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return rng.IntN(n)
	}
	old := server.snapshot()
	troubles := []func(){
		func() { // a bad line
			p.makeTrouble(func(bool) trouble {
				switch dice(50) {
				case 0:
					return trouble{cut: true}
				case 1:
					return trouble{swallow: true}
				case 2, 3, 4, 5:
					return trouble{delay: time.Duration(dice(200)) * time.Millisecond}
				}
				return trouble{}
			})
		},
		func() { // writes that land late
			p.makeTrouble(func(toServer bool) trouble {
				if toServer && dice(2) == 0 {
					return trouble{delay: time.Duration(dice(400)) * time.Millisecond}
				}
				return trouble{}
			})
		},
		func() { p.makeTrouble(func(bool) trouble { return trouble{delay: 20 * time.Millisecond} }) },
		p.cutAll,
		func() { server.do("FLUSHALL") },
		func() { server.restore(old) },
		func() { old = server.snapshot() },
		func() {
			server.signal(syscall.SIGSTOP)
			pause(ctx, 150*time.Millisecond)
			server.signal(syscall.SIGCONT)
		},
	}
	for ctx.Err() == nil && !enough() {
		troubles[dice(len(troubles))]()
		pause(ctx, time.Duration(dice(300))*time.Millisecond)
		p.makeTrouble(nil)
		pause(ctx, time.Duration(dice(600))*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
