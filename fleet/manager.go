package fleet

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Options are what a Manager needs. Store, Checker and Logger must be set.
type Options struct {
	Store   Store
	Checker ConfigChecker
	// Redact replaces what looks like a credential in a reported configuration,
	// on a copy, and reports whether there was any. RedactText does so in an error message.
	Redact     func(ConfigMap) (ConfigMap, bool)
	RedactText func(string) string
	Logger     *slog.Logger
	Now        func() time.Time // nil: time.Now
	// FlushInterval is how long a reported change may wait before it is written; 0 means a second.
	FlushInterval time.Duration
	// MaxKnown bounds the records, those of agents that are gone included; 0 means 100,000.
	MaxKnown int
	// ForgetAfter: agents gone for longer are forgotten, assigned ones never; 0 is off.
	ForgetAfter time.Duration
	// HTTPTimeout: a plain-HTTP agent silent for so long is disconnected; 0 means 90 s.
	HTTPTimeout time.Duration
	// FullStateRate is how many agents a second are asked for their full state at most; 0 means 500.
	FullStateRate int
	// MaxAgents is how many connected agents one write may reach without confirmation; 0 means 1000, less than 0 none.
	MaxAgents int
	// ObserveApplied, if set, is told the time from an offer to the agent's word that it applied it.
	ObserveApplied func(time.Duration)
}

// Manager holds the fleet in memory, loads, decides and saves. Its methods may
// be called concurrently.
//
// Locks: writing is taken by whoever writes to the store, before mu, and held
// over the transaction and the change in memory that follows, so that memory
// and store change in the same order. mu guards what is in memory and is never
// held over a transaction or a call to a Link.
type Manager struct {
	o         Options
	log       *slog.Logger
	now       func() time.Time
	startedAt time.Time
	seed      maphash.Seed // of digests

	writing sync.Mutex

	mu        sync.Mutex
	closed    bool
	agents    map[InstanceUID]*entry
	order     []*entry // ascending by UID
	catalog   catalog
	renames   map[renameKey]*rename
	takers    map[InstanceUID]renameKey // by the UID that one sent away is to take
	unheard   map[InstanceUID][]*entry  // by the UID before: who left before it took another up
	twins     map[InstanceUID]*entry    // by the UID that one of two is to take
	dirty     []*entry
	fullQueue []*entry
	starting  []*entry // those that have just started, until they are up
	fullState *rate.Limiter
	tokens    map[string]Token // by hash
	tokenByID map[string]Token // the same: each event of each stream asks for one
	events    eventRing
	history   history
	afterwork []func() // to be run once mu is free

	offersSent, offersFailed, duplicates atomic.Uint64

	loops sync.WaitGroup
	stop  context.CancelFunc
}

// Stats are counters since the start.
type Stats struct {
	// OffersSent counts configurations sent, one for each agent and hash, and again after a retry.
	OffersSent uint64
	// OffersFailed counts transitions of an agent to DeliveryFailed.
	OffersFailed uint64
	// Duplicates counts agents that were given another instance UID because theirs was in use.
	Duplicates uint64
}

// Stats returns the counters.
func (m *Manager) Stats() Stats {
	return Stats{m.offersSent.Load(), m.offersFailed.Load(), m.duplicates.Load()}
}

// Open loads the fleet and starts the loops that save it and watch the clock.
// The store stays the caller's to close, after Close.
func Open(ctx context.Context, o Options) (*Manager, error) {
	m, err := load(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("load the fleet: %w", err)
	}
	loopCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	m.loops.Add(3)
	go m.saveLoop(loopCtx)
	go m.sweepLoop(loopCtx)
	go m.historyLoop(loopCtx)
	return m, nil
}

func load(ctx context.Context, o Options) (*Manager, error) {
	o = o.withDefaults()
	m := &Manager{
		o: o, log: o.Logger, now: o.Now, startedAt: o.Now(), seed: maphash.MakeSeed(),
		agents: map[InstanceUID]*entry{}, renames: map[renameKey]*rename{}, takers: map[InstanceUID]renameKey{},
		unheard: map[InstanceUID][]*entry{}, twins: map[InstanceUID]*entry{},
		tokens:    map[string]Token{},
		tokenByID: map[string]Token{},
		fullState: rate.NewLimiter(rate.Limit(o.FullStateRate), max(o.FullStateRate/10, 1)),
	}
	m.events.init()
	return m, m.load(ctx)
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.FlushInterval <= 0 {
		o.FlushInterval = time.Second
	}
	if o.HTTPTimeout <= 0 {
		o.HTTPTimeout = 90 * time.Second
	}
	if o.MaxKnown <= 0 {
		o.MaxKnown = 100_000
	}
	if o.FullStateRate <= 0 {
		o.FullStateRate = 500
	}
	switch {
	case o.MaxAgents == 0:
		o.MaxAgents = 1000
	case o.MaxAgents < 0:
		o.MaxAgents = 0
	}
	return o
}

func (m *Manager) load(ctx context.Context) error {
	configs := map[ConfigID]*configEntry{}
	var stoppedAt time.Time
	err := m.o.Store.View(ctx, func(tx Tx) error {
		for c, err := range tx.Configs() {
			if err != nil {
				return err
			}
			if configs[c.ID], err = loadConfig(tx, c); err != nil {
				return fmt.Errorf("configuration %q: %w", c.Name, err)
			}
		}
		for t, err := range tx.Tokens() {
			if err != nil {
				return err
			}
			m.addToken(t)
		}
		for a, err := range tx.Agents(InstanceUID{}) {
			if err != nil {
				return err
			}
			if err := loadPin(tx, configs, a.Assignment); err != nil {
				return err
			}
			m.insert(loadedEntry(a))
		}
		for s, err := range tx.Samples() {
			if err != nil {
				return err
			}
			m.history.samples = append(m.history.samples, s)
		}
		var err error
		stoppedAt, err = tx.StoppedAt()
		return err
	})
	if err != nil {
		return err
	}
	m.catalog = newCatalog(configs)
	for _, e := range m.order {
		e.want = m.catalog.resolve(e.agent)
		e.status = e.currentStatus()
		e.state, e.error = e.agent.Delivery(e.want.hash())
	}
	if stoppedAt.IsZero() {
		if len(m.order) > 0 {
			m.log.Warn("the last run did not stop cleanly; agents whose state is in doubt are asked for it")
		}
		return nil
	}
	return m.o.Store.Update(ctx, func(tx Tx) error { return tx.SetStoppedAt(time.Time{}) })
}

// loadedEntry makes the entry of a stored record; the health tree stays on disk.
func loadedEntry(a Agent) *entry {
	if a.Health != nil {
		a.Health.Components = nil
	}
	return &entry{agent: &a, wire: a.UID, lastSeen: a.LastSeenAt, seq: a.SequenceNum, savedSeq: a.SequenceNum}
}

// loadConfig makes the entry of a stored configuration.
func loadConfig(tx Tx, c Config) (*configEntry, error) {
	v, err := tx.Version(c.ID, c.Version)
	if err != nil {
		return nil, fmt.Errorf("version %d: %w", c.Version, err)
	}
	e, err := newConfigEntry(c, v.Body)
	if err != nil {
		return nil, err
	}
	for v, err := range tx.Versions(c.ID) {
		if err != nil {
			return nil, err
		}
		e.hashes[v.Hash] = struct{}{}
	}
	return e, nil
}

// loadPin readies the version that an agent is assigned to.
func loadPin(tx Tx, configs map[ConfigID]*configEntry, as Assignment) error {
	c := configs[as.ConfigID]
	if c == nil || as.Version == 0 || c.pinned[as.Version] != nil {
		return nil
	}
	v, err := tx.Version(as.ConfigID, as.Version)
	if err != nil {
		return fmt.Errorf("configuration %q, version %d: %w", c.config.Name, as.Version, err)
	}
	c.pin(as.Version, v.Body)
	return nil
}

// Close saves everything, the sequence numbers included, and marks the clean
// stop. Links must have ended; what comes after is refused. A second Close does nothing.
func (m *Manager) Close(ctx context.Context) error {
	m.lock()
	if m.closed {
		m.unlock()
		return nil
	}
	m.closed = true
	m.events.close()
	for _, e := range m.order {
		if e.seqToSave() != e.savedSeq {
			m.markDirty(e)
		}
	}
	m.unlock()
	m.stop()
	m.loops.Wait()
	if err := m.flush(ctx); err != nil {
		return fmt.Errorf("save the fleet: %w", err)
	}
	if err := m.saveHistory(ctx); err != nil {
		return err
	}
	now := m.now()
	if err := m.o.Store.Update(ctx, func(tx Tx) error { return tx.SetStoppedAt(now) }); err != nil {
		return fmt.Errorf("mark the clean stop: %w", err)
	}
	return nil
}

func (m *Manager) lock() { m.mu.Lock() }

// unlock frees mu and then does what had to wait for that.
func (m *Manager) unlock() {
	work := m.afterwork
	m.afterwork = nil
	m.mu.Unlock()
	for _, fn := range work {
		fn()
	}
}

// locked runs fn while mu is held, which is freed also where fn panics.
func (m *Manager) locked(fn func() error) error {
	m.lock()
	defer m.unlock()
	return fn()
}

// later has fn run once mu is free.
func (m *Manager) later(fn func()) { m.afterwork = append(m.afterwork, fn) }

// wake tells the link of e that something may be due.
func (m *Manager) wake(e *entry) {
	if link, wire := e.link, e.wire; link != nil {
		m.later(func() { link.Wake(wire) })
	}
}

func compareEntry(e *entry, uid InstanceUID) int {
	other := e.agent.UID
	return bytes.Compare(other[:], uid[:])
}

// insert adds e to the fleet.
func (m *Manager) insert(e *entry) {
	uid := e.agent.UID
	m.agents[uid] = e
	if n := len(m.order); n > 0 && compareEntry(m.order[n-1], uid) < 0 {
		m.order = append(m.order, e) // The common case: UIDs of version 7 ascend.
		return
	}
	i, _ := slices.BinarySearchFunc(m.order, uid, compareEntry)
	m.order = slices.Insert(m.order, i, e)
}

// remove takes e out of the fleet.
func (m *Manager) remove(e *entry) {
	uid := e.agent.UID
	delete(m.agents, uid)
	if i, found := slices.BinarySearchFunc(m.order, uid, compareEntry); found {
		m.order = slices.Delete(m.order, i, i+1)
	}
}
