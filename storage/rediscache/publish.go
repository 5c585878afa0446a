package rediscache

import (
	"context"

	"github.com/ollystack/control-plane/fleet"
)

// What one pipeline carries at most.
const (
	batchKeys  = 256
	batchBytes = 256 << 10
)

// drain publishes one batch of what waits. It reports false when nothing came
// of it: all of it is being committed, or the Redis failed.
func (w *worker) drain(ctx context.Context, generation uint64) (progress bool) {
	keys := w.queue.take(batchKeys)
	inFlux, err := w.publish(ctx, keys)
	if err != nil && ctx.Err() != nil {
		w.queue.putBack(keys...) // for leave
		return false
	}
	if err != nil {
		w.metrics.dropped.Add(float64(len(keys)))
		w.fail(ctx, generation, err)
		return false
	}
	w.metrics.dropped.Add(float64(w.queue.putBack(inFlux...)))
	return len(inFlux) < len(keys)
}

// publish makes the records of keys in the Redis what they are in the store. It
// returns those that cannot be published now, because a transaction that
// touched them may be committing. Errors are the Redis's: the store's only
// leave a record out, for the next reconciliation.
func (w *worker) publish(ctx context.Context, keys []key) (inFlux []key, err error) {
	pipe := w.writer.Pipeline()
	flush := func() error {
		n := pipe.Len()
		if n == 0 {
			return nil
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
		w.metrics.published.Add(float64(n))
		return nil
	}
	size := 0
	for _, k := range keys {
		// The revision comes first: what the store holds later may be newer than
		// the revision says, which wastes a write; the other way round it could be
		// older, and be served.
		revision, settled := w.revisions.current(k)
		if !settled {
			inFlux = append(inFlux, k)
			continue
		}
		name := k.named(w.prefix)
		value, err := w.render(ctx, k)
		switch {
		case err == nil:
			raw := w.seal.wrap(name, revision, value)
			pipe.Set(ctx, name, raw, 0)
			size += len(raw)
		case fleet.KindOf(err) == fleet.NotFound:
			pipe.Del(ctx, name)
		default:
			w.metrics.failure(faultStore)
			w.metrics.dropped.Inc()
			w.logger.DebugContext(ctx, "a record could not be published to Redis", "key", name, "err", err)
		}
		if size > batchBytes {
			if err := flush(); err != nil {
				return nil, err
			}
			size = 0
		}
	}
	return inFlux, flush()
}

// render reads the record of k from the store, as JSON. Errors: the store's.
func (w *worker) render(ctx context.Context, k key) ([]byte, error) {
	switch k.kind {
	case agentKind:
		a, err := w.inner.Agent(ctx, k.uid())
		if err != nil {
			return nil, err
		}
		return encodeAgent(a)
	case configKind:
		c, err := w.inner.Config(ctx, k.configID())
		if err != nil {
			return nil, err
		}
		return encodeConfig(c)
	case versionKind:
		v, err := w.inner.Version(ctx, k.configID(), k.number)
		if err != nil {
			return nil, err
		}
		return encodeVersion(v)
	case effectiveConfigKind:
		e, err := w.inner.EffectiveConfig(ctx, k.bodyHash())
		if err != nil {
			return nil, err
		}
		if w.redact != nil {
			e = w.redact(e)
		}
		return encodeEffectiveConfig(e)
	default:
		list, err := w.inner.Components(ctx, k.bodyHash())
		if err != nil {
			return nil, err
		}
		return encodeComponents(k.bodyHash(), list)
	}
}
