package rediscache

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ollystack/control-plane/fleet"
)

// errLinkDown ends a reconciliation whose link went down under it.
var errLinkDown = errors.New("the link to Redis is down")

// scanCount is how many keys a SCAN looks at in one go.
const scanCount = 512

// reconcile compares the whole Redis with the store and publishes what differs.
// Between its steps what waits in the queue has its turn.
func (w *worker) reconcile(ctx context.Context, generation uint64) {
	began := time.Now()
	err := w.reconcileStore(ctx, generation)
	if err == nil {
		err = w.reconcileRedis(ctx, generation)
	}
	switch {
	case ctx.Err() != nil, errors.Is(err, errLinkDown):
		return
	case errors.Is(err, errStoreFailed):
		// Nothing that a probe of the Redis could mend.
		w.metrics.failure(faultStore)
		w.nextAudit = time.Now().Add(w.pace.settle)
		w.logger.WarnContext(ctx, "the store could not be read to publish it to Redis", "err", err)
		return
	case err != nil:
		w.fail(ctx, generation, err)
		return
	}
	w.metrics.reconciliations.Inc()
	w.backoff = w.pace.minBackoff
	w.nextAudit = time.Now().Add(w.pace.audit)
	if w.settling {
		w.settling, w.nextAudit = false, time.Now().Add(w.pace.settle)
	}
	if w.link.finished(generation) {
		w.logger.InfoContext(ctx, "Redis holds the fleet", "address", w.address, "seconds", time.Since(began).Seconds())
	}
}

var errStoreFailed = errors.New("read the store")

// reconcileStore publishes what the store has and the Redis lacks or has wrong.
func (w *worker) reconcileStore(ctx context.Context, generation uint64) error {
	ids, err := w.configIDs(ctx)
	if err != nil {
		return errors.Join(errStoreFailed, err)
	}
	var keys []key
	for i, id := range ids {
		found, err := w.configKeys(ctx, id)
		if err != nil {
			return errors.Join(errStoreFailed, err)
		}
		if keys = append(keys, found...); len(keys) < batchKeys && i < len(ids)-1 {
			continue
		}
		if err := w.compare(ctx, generation, keys); err != nil {
			return err
		}
		keys = nil
	}
	for after, more := (fleet.InstanceUID{}), true; more; {
		var err error
		// A transaction for every few agents: none is open while the Redis is asked.
		if keys, after, more, err = w.agentsAfter(ctx, after); err != nil {
			return errors.Join(errStoreFailed, err)
		}
		if err := w.compare(ctx, generation, keys); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) configIDs(ctx context.Context) (ids []fleet.ConfigID, err error) {
	err = w.inner.View(ctx, func(tx fleet.Tx) error {
		for c, err := range tx.Configs() {
			if err != nil {
				return err
			}
			ids = append(ids, c.ID)
		}
		return nil
	})
	return ids, err
}

// configKeys lists the keys of a config and of its versions.
func (w *worker) configKeys(ctx context.Context, id fleet.ConfigID) ([]key, error) {
	keys := []key{configKey(id)}
	err := w.inner.View(ctx, func(tx fleet.Tx) error {
		for v, err := range tx.Versions(id) {
			if err != nil {
				return err
			}
			keys = append(keys, versionKey(id, v.Number))
		}
		return nil
	})
	if fleet.KindOf(err) == fleet.NotFound {
		err = nil // deleted since it was listed
	}
	return keys, err
}

// agentsAfter lists the keys of the next agents and of the bodies that they name.
func (w *worker) agentsAfter(ctx context.Context, after fleet.InstanceUID) (keys []key, last fleet.InstanceUID, more bool, err error) {
	last = after
	err = w.inner.View(ctx, func(tx fleet.Tx) error {
		for a, err := range tx.Agents(after) {
			if err != nil {
				return err
			}
			if more = len(keys) >= batchKeys; more {
				return nil
			}
			last = a.UID
			keys = append(keys, agentKey(a.UID))
			if a.EffectiveConfig != "" {
				keys = append(keys, effectiveConfigKey(a.EffectiveConfig))
			}
			if a.Components != "" {
				keys = append(keys, componentsKey(a.Components))
			}
		}
		return nil
	})
	return keys, last, more, err
}

// reconcileRedis looks through the Redis for what the store no longer has. Keys
// that are not of our making are left alone.
func (w *worker) reconcileRedis(ctx context.Context, generation uint64) error {
	pattern := globEscaper.Replace(w.prefix) + "*"
	for cursor, begun := uint64(0), false; cursor != 0 || !begun; begun = true {
		names, next, err := w.writer.Scan(ctx, cursor, pattern, scanCount).Result()
		if err != nil {
			return err
		}
		keys := make([]key, 0, len(names))
		for _, name := range names {
			if k, ours := parseKey(strings.TrimPrefix(name, w.prefix)); ours {
				keys = append(keys, k)
			}
		}
		if err := w.compare(ctx, generation, keys); err != nil {
			return err
		}
		cursor = next
	}
	return nil
}

// globEscaper takes the magic out of a prefix in a pattern.
var globEscaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

// compare publishes those of keys whose record in the Redis is not of the
// current epoch and revision. A record that is in flux is looked after by the
// transaction that touches it, or waits in the queue.
func (w *worker) compare(ctx context.Context, generation uint64, keys []key) error {
	if len(keys) == 0 {
		return nil
	}
	pipe := w.writer.Pipeline()
	heads := make([]*redis.StringCmd, len(keys))
	for i, k := range keys {
		heads[i] = pipe.GetRange(ctx, k.named(w.prefix), 0, headSize-1)
	}
	_, _ = pipe.Exec(ctx) // each command has its own answer; a key may be of another type
	differ := keys[:0:0]
	for i, k := range keys {
		head, err := heads[i].Bytes()
		if err != nil && !isNil(err) && !isWrongType(err) {
			return err
		}
		revision, settled := w.revisions.current(k)
		if !settled || !bytes.HasPrefix(head, w.seal.head(revision)) {
			differ = append(differ, k)
		}
	}
	for len(differ) > 0 {
		n := min(len(differ), batchKeys)
		inFlux, err := w.publish(ctx, differ[:n])
		if err != nil {
			return err
		}
		w.metrics.dropped.Add(float64(w.queue.putBack(inFlux...)))
		differ = differ[n:]
	}
	return w.breathe(ctx, generation)
}

// breathe lets what has changed meanwhile be published, and the heartbeat go on, between two steps of a reconciliation.
func (w *worker) breathe(ctx context.Context, generation uint64) error {
	if !time.Now().Before(w.nextProbe) {
		w.probe(ctx, generation)
	}
	w.drain(ctx, generation)
	if now, up := w.link.isUp(); ctx.Err() != nil || !up || now != generation {
		return errLinkDown
	}
	return nil
}
