package rediscache

import (
	"context"

	"github.com/ollystack/control-plane/fleet"
)

// View implements fleet.Store: it is the store's own.
func (c *Cache) View(ctx context.Context, fn func(fleet.Tx) error) error {
	return c.inner.View(ctx, fn)
}

// Update implements fleet.Store. What fn touches is not served from Redis from
// before it can be seen by anybody until it is published anew.
func (c *Cache) Update(ctx context.Context, fn func(fleet.Tx) error) error {
	touched := map[key]struct{}{}
	var settle []func()
	defer func() { // also when fn panics
		for _, done := range settle {
			done()
		}
		c.publishSoon(touched)
	}()
	return c.inner.Update(ctx, func(tx fleet.Tx) error {
		// A store may call fn again after a commit that did not work out: keys pile up, which does no harm.
		if err := fn(&recordingTx{inner: tx, touched: touched}); err != nil {
			return err
		}
		settle = append(settle, c.revisions.raise(touched))
		return nil
	})
}

// publishSoon queues the keys, whether their commit succeeded or not: what is
// published is what the store then has.
func (c *Cache) publishSoon(touched map[key]struct{}) {
	if len(touched) == 0 {
		return
	}
	keys := make([]key, 0, len(touched))
	for k := range touched {
		keys = append(keys, k)
	}
	c.metrics.dropped.Add(float64(c.queue.add(keys...)))
}
