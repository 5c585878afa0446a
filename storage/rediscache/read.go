package rediscache

import (
	"context"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// Agent implements fleet.Reader.
func (c *Cache) Agent(ctx context.Context, uid fleet.InstanceUID) (fleet.Agent, error) {
	return read(ctx, c, agentKey(uid), decodeAgent, func() (fleet.Agent, error) { return c.inner.Agent(ctx, uid) })
}

// Config implements fleet.Reader.
func (c *Cache) Config(ctx context.Context, id fleet.ConfigID) (fleet.Config, error) {
	return read(ctx, c, configKey(id), decodeConfig, func() (fleet.Config, error) { return c.inner.Config(ctx, id) })
}

// Version implements fleet.Reader.
func (c *Cache) Version(ctx context.Context, id fleet.ConfigID, number int) (fleet.Version, error) {
	return read(ctx, c, versionKey(id, number), decodeVersion, func() (fleet.Version, error) { return c.inner.Version(ctx, id, number) })
}

// EffectiveConfig implements fleet.Reader.
func (c *Cache) EffectiveConfig(ctx context.Context, hash fleet.ConfigHash) (fleet.EffectiveConfig, error) {
	return read(ctx, c, effectiveConfigKey(hash), decodeEffectiveConfig, func() (fleet.EffectiveConfig, error) {
		return c.inner.EffectiveConfig(ctx, hash)
	})
}

// Components implements fleet.Reader.
func (c *Cache) Components(ctx context.Context, hash fleet.ConfigHash) (fleet.Components, error) {
	return read(ctx, c, componentsKey(hash), decodeComponents, func() (fleet.Components, error) {
		return c.inner.Components(ctx, hash)
	})
}

// read answers from the Redis, else from the store; where the Redis lacked what
// the store has, or had something else, it has the record published.
func read[T any](ctx context.Context, c *Cache, k key, decode func([]byte) (T, error), load func() (T, error)) (T, error) {
	raw, found := c.lookup(ctx, k)
	if found == lookupHit {
		if v, err := decode(raw); err == nil {
			c.metrics.hits.Inc()
			return v, nil
		}
		// What we sealed ourselves we can read, but a bug here must not be an outage there.
		found = lookupOutdated
	}
	if found == lookupBypassed {
		c.metrics.bypassed.Inc()
		return load()
	}
	c.metrics.misses.Inc()
	v, err := load()
	if err == nil && found != lookupNotKept || found == lookupOutdated {
		c.metrics.dropped.Add(float64(c.queue.add(k)))
	}
	return v, err
}

// lookupResult is what asking the Redis for one key led to.
type lookupResult uint8

const (
	lookupBypassed lookupResult = iota // not asked, or not waited for
	lookupMissing                      // it has nothing under the key
	lookupNotKept                      // what it has says that the value is not kept there
	lookupOutdated                     // what it has must not be served
	lookupHit
)

type answer struct {
	raw []byte
	err error
}

// lookup asks the Redis for k and waits at most c.patience.
func (c *Cache) lookup(ctx context.Context, k key) ([]byte, lookupResult) {
	generation, readable := c.link.readable()
	if !readable || ctx.Err() != nil {
		return nil, lookupBypassed
	}
	if _, settled := c.revisions.current(k); !settled {
		return nil, lookupBypassed
	}
	select {
	case c.readers <- struct{}{}:
	default:
		return nil, lookupBypassed
	}
	name := k.named(c.prefix)
	answered := make(chan answer, 1)
	go func() {
		defer func() { <-c.readers }()
		// The question outlives an impatient caller: whether an answer comes at all tells how the Redis does.
		raw, err := c.client.Get(context.WithoutCancel(ctx), name).Bytes()
		if err != nil && !isNil(err) && !isWrongType(err) && !c.closed.Load() {
			c.fail(context.WithoutCancel(ctx), generation, err)
		}
		answered <- answer{raw, err}
	}()
	patience := time.NewTimer(c.patience)
	defer patience.Stop()
	select {
	case a := <-answered:
		c.link.waited(true)
		return c.judge(ctx, k, name, a)
	case <-patience.C:
		if c.link.waited(false) {
			c.logger.WarnContext(ctx, "Redis is slow; reads are served from the store until it is faster", "address", c.address)
		}
	case <-ctx.Done():
	}
	return nil, lookupBypassed
}

// judge decides whether what the Redis answered may be served. The revision is
// looked up only now, after the answer has come: see DESIGN.md.
func (c *Cache) judge(ctx context.Context, k key, name string, a answer) ([]byte, lookupResult) {
	revision, settled := c.revisions.current(k)
	switch {
	case !settled:
		return nil, lookupBypassed
	case isNil(a.err):
		return nil, lookupMissing
	case isWrongType(a.err):
		return nil, lookupOutdated
	case a.err != nil:
		return nil, lookupBypassed
	}
	value, what := c.seal.unwrap(name, revision, a.raw)
	switch what {
	case fresh:
		return value, lookupHit
	case absent:
		return nil, lookupNotKept
	case forged:
		c.metrics.failure(faultForged)
		c.logger.WarnContext(ctx, "a value in Redis was not written by this control plane", "key", name)
	}
	return nil, lookupOutdated
}
