package rediscache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/ollystack/control-plane/fleet"
)

const (
	defaultPrefix  = "ollystack:"
	defaultTimeout = 100 * time.Millisecond

	// maxReaders is how many reads may be waiting for the Redis together; more
	// are answered by the store. The worker has a connection of its own.
	maxReaders = 16
	poolSize   = maxReaders + 1

	// patienceShare is the part of the timeout after which a read turns to the store.
	patienceShare = 10
)

// Options are what New needs beside the store.
type Options struct {
	// URL is host:port, redis://, rediss:// or unix://. It may hold a password,
	// and is never logged or shown.
	URL string
	// KeyPrefix begins every key; by default "ollystack:". One control plane to a prefix.
	KeyPrefix string
	// Timeout is how long Redis may take for one command before it counts as
	// failed; by default 100 ms. A caller waits at most a tenth of it.
	Timeout time.Duration
	// Logger is told when the Redis comes and goes; nil discards.
	Logger *slog.Logger
	// Registerer gets the metrics ollystack_redis_*; nil for none. Close takes them back.
	Registerer prometheus.Registerer
	// Clock tells the time that is written into the heartbeat; by default time.Now.
	Clock func() time.Time
	// Redact, if set, is applied to every effective configuration before it goes
	// to Redis. What is stored is redacted already; this is a second pair of
	// eyes and must leave what is redacted as it is.
	Redact func(fleet.EffectiveConfig) fleet.EffectiveConfig
}

// pace is how often the worker does what it does.
type pace struct {
	probe      time.Duration // between heartbeats while all is well
	audit      time.Duration // between reconciliations while all is well
	settle     time.Duration // from a reconciliation after a failure to the next: a late write may have landed
	minBackoff time.Duration // after a failure, doubling
	maxBackoff time.Duration
	inFlux     time.Duration // before looking again at records that are being committed
	patience   time.Duration // of a read with the Redis; 0 for the share of the timeout
	farewell   time.Duration // that Close may take to publish what still waits
}

func defaultPace() pace {
	return pace{
		probe: 2 * time.Second, audit: 5 * time.Minute, settle: 30 * time.Second,
		minBackoff: 250 * time.Millisecond, maxBackoff: 5 * time.Second, inFlux: 10 * time.Millisecond, farewell: time.Second,
	}
}

// Cache is a fleet.Store in front of another. Make one with New.
type Cache struct {
	inner    fleet.Store
	client   *redis.Client
	writer   *redis.Client // the same connections, with more time for a batch
	address  string        // without credentials
	password string        // to keep it out of the log
	prefix   string
	patience time.Duration
	timeout  time.Duration
	redact   func(fleet.EffectiveConfig) fleet.EffectiveConfig
	logger   *slog.Logger
	clock    func() time.Time
	metrics  *metrics

	seal      *seal
	revisions *revisions
	queue     *queue
	link      *link
	readers   chan struct{} // holds a token for each read that is with the Redis

	closed    atomic.Bool
	closeOnce sync.Once
	stop      context.CancelFunc // of the worker
	stopped   chan struct{}      // closed when the worker has returned
}

var _ fleet.Store = (*Cache)(nil)

// New puts a Redis before store and takes the store over: closing the Cache
// closes it. A Redis that cannot be reached is no error; the Cache works
// without until it can. Errors: Invalid for a URL that cannot be read; a
// Registerer that has the metrics already.
func New(store fleet.Store, o Options) (*Cache, error) { return open(store, o, defaultPace()) }

func open(store fleet.Store, o Options, p pace) (*Cache, error) {
	timeout := cmp.Or(o.Timeout, defaultTimeout)
	ro, err := clientOptions(o.URL, timeout)
	if err != nil {
		return nil, err
	}
	c := &Cache{
		inner: store, address: ro.Addr, password: ro.Password,
		prefix: cmp.Or(o.KeyPrefix, defaultPrefix), timeout: timeout, patience: cmp.Or(p.patience, timeout/patienceShare),
		redact: o.Redact, logger: o.Logger, clock: o.Clock,
		seal: newSeal(), revisions: newRevisions(slotCount), queue: newQueue(queueSize),
		readers: make(chan struct{}, maxReaders), stopped: make(chan struct{}),
	}
	c.link = newLink(c.queue)
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	if c.clock == nil {
		c.clock = time.Now
	}
	c.metrics = newMetrics(o.Registerer, c.up, func() float64 { return float64(c.queue.len()) })
	if err := c.metrics.register(); err != nil {
		return nil, fmt.Errorf("register Redis metrics: %w", err)
	}
	// The client's library has one log for the whole process, and by default it
	// is stderr. What it has to say reaches us as errors anyway.
	redis.SetLogger(clientLog{c.logger, c.password})
	c.client = redis.NewClient(ro)
	c.writer = c.client.WithTimeout(4 * timeout)

	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	w := newWorker(c, p)
	go func() {
		defer close(c.stopped)
		w.run(ctx)
	}()
	return c, nil
}

// Check says whether the Redis is of use: ok, or degraded with the reason. It
// asks nobody and returns at once.
func (c *Cache) Check(context.Context) fleet.Check {
	if c.closed.Load() {
		return fleet.Check{Status: fleet.CheckDegraded, Detail: "the connection to Redis is closed"}
	}
	return c.link.check(c.address)
}

func (c *Cache) up() float64 {
	if c.Check(context.Background()).Status == fleet.CheckOK {
		return 1
	}
	return 0
}

// Close publishes what waits, for at most a second, leaves the Redis and closes the store.
func (c *Cache) Close() error {
	var err error
	c.closeOnce.Do(func() {
		c.stop()
		<-c.stopped
		c.closed.Store(true)
		c.queue.close()
		c.metrics.unregister()
		err = c.client.Close()
		// Reads that are with the Redis fail now; later ones find no room and ask the store.
		for range cap(c.readers) {
			c.readers <- struct{}{}
		}
	})
	return errors.Join(err, c.inner.Close())
}

// fail notes that the Redis failed us and takes the link down.
func (c *Cache) fail(ctx context.Context, generation uint64, err error) {
	cause := faultOf(err)
	c.metrics.failure(cause)
	forgotten, news := c.link.fail(generation, cause)
	c.metrics.dropped.Add(float64(forgotten))
	if news {
		c.logger.WarnContext(ctx, "Redis failed; everything is served from the store until it is back",
			"address", c.address, "kind", string(cause), "err", withoutSecret(err.Error(), c.password))
	}
}

// clientLog takes what the client's library logs to where it can be found by who looks for it.
type clientLog struct {
	logger   *slog.Logger
	password string
}

// Printf implements the library's logger.
func (l clientLog) Printf(ctx context.Context, format string, v ...any) {
	l.logger.DebugContext(ctx, "Redis client", "message", withoutSecret(fmt.Sprintf(format, v...), l.password))
}

// withoutSecret hides the password where an old server echoes it in an error.
func withoutSecret(s, secret string) string {
	if secret == "" {
		return s
	}
	return strings.ReplaceAll(s, secret, "[redacted]")
}
