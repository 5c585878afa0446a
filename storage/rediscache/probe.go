package rediscache

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// heartbeat is what the worker knows of the key PREFIXepoch, which it rewrites
// with every probe: other tools see by it that we live, and we see by it
// whether the Redis still holds what we wrote.
type heartbeat struct {
	tick    uint64
	written string    // what the Redis should hold; empty while we do not know
	runID   string    // of the Redis process; empty where it does not say
	foreign int       // how many probes in a row found another control plane's
	lost    time.Time // when it was last gone or older, and the fleet was published for it
}

// wireHeartbeat is the heartbeat's value.
type wireHeartbeat struct {
	Schema int       `json:"schema"` // of keys and values: 1
	Epoch  string    `json:"epoch"`
	Tick   uint64    `json:"tick"` // counts up within an epoch
	At     time.Time `json:"at"`
}

const heartbeatKey = "epoch"

// probe asks the Redis how it does, and brings the link up or takes it down accordingly.
func (w *worker) probe(ctx context.Context, generation uint64) {
	w.heartbeat.tick++
	beat, err := json.Marshal(wireHeartbeat{Schema: 1, Epoch: w.seal.epoch, Tick: w.heartbeat.tick, At: w.clock().UTC()})
	if err != nil { // a year beyond 9999
		w.logger.ErrorContext(ctx, "the Redis heartbeat cannot be written", "err", err)
	}
	name := w.prefix + heartbeatKey
	pipe := w.client.Pipeline()
	found := pipe.Get(ctx, name)
	set := pipe.Set(ctx, name, beat, 0)
	info := pipe.Info(ctx, "server")
	_, _ = pipe.Exec(ctx) // each command has its own answer; INFO may be forbidden
	var rtt time.Duration
	err = set.Err()
	if err == nil && found.Err() != nil && !isNil(found.Err()) && !isWrongType(found.Err()) {
		err = found.Err()
	}
	if err == nil {
		began := time.Now()
		if err = w.client.Get(ctx, name).Err(); isNil(err) {
			err = nil // flushed just now: the next probe sees to it
		}
		rtt = time.Since(began)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		w.heartbeat.written = ""
		w.nextProbe = time.Now().Add(w.backoff)
		w.backoff = min(2*w.backoff, w.pace.maxBackoff)
		w.fail(ctx, generation, err)
		w.seen, _ = w.link.isUp() // the pause is set already
		return
	}
	w.nextProbe = time.Now().Add(w.pace.probe)
	w.inspect(ctx, found.Val(), runID(info))
	w.heartbeat.written = string(beat)
	if w.link.restore() {
		w.settling = w.nextAudit != (time.Time{})
		w.syncDue = true
	}
	if w.link.measured(rtt < w.patience) {
		w.logger.InfoContext(ctx, "Redis is fast enough again", "address", w.address)
	}
}

// inspect compares what the Redis holds under the heartbeat's key with what we
// left there, and plans a reconciliation where it has forgotten or gone back.
func (w *worker) inspect(ctx context.Context, found, id string) {
	h := &w.heartbeat
	if h.runID != id && h.runID != "" && id != "" {
		w.syncDue = true // another process: it may know less than the one we wrote to
	}
	h.runID = id
	if h.written == "" {
		return
	}
	if found == h.written {
		h.foreign = 0
		w.link.share(false)
		return
	}
	var other wireHeartbeat
	if json.Unmarshal([]byte(found), &other) == nil && other.Epoch != "" && other.Epoch != w.seal.epoch {
		h.foreign++
	} else {
		h.foreign = 0
	}
	// Once it may come from an old snapshot; again and again it is somebody alive,
	// and to put right what he writes, as often as he writes it, would lead nowhere.
	if h.foreign > 1 {
		if w.link.share(true) {
			w.logger.WarnContext(ctx, "another control plane writes to this Redis under the same key prefix; give each its own",
				"address", w.address, "prefix", w.prefix)
		}
		return
	}
	// One that evicts may evict the heartbeat again and again: not every time is the fleet published anew.
	if again := h.lost.Add(w.pace.settle); time.Now().Before(again) {
		if again.Before(w.nextAudit) {
			w.nextAudit = again
		}
		return
	}
	h.lost = time.Now()
	w.syncDue = true
	w.logger.InfoContext(ctx, "Redis lost what it held; publishing the fleet again", "address", w.address)
}

// runID finds the id of the server's process; empty where the answer has none.
func runID(info *redis.StringCmd) string {
	for line := range strings.Lines(info.Val()) {
		if id, ok := strings.CutPrefix(line, "run_id:"); ok {
			return strings.TrimSpace(id)
		}
	}
	return ""
}
