package bolt

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

const (
	// probeInterval is how often writing is tried after a write has failed.
	probeInterval = 3 * time.Second
	// What a probe writes is about as much as what failed, within these bounds: a
	// small write may find room in the file itself while the disk is still full.
	minProbe = 64 << 10
	maxProbe = 4 << 20
)

// noteWrite remembers how the latest write ended, for Check, and about how many
// bytes it was to write. After a failure writing is tried until it works: who
// wrote may not come again for hours, and health would stay failed as long.
func (s *Store) noteWrite(err error, bytes int64) {
	s.mu.Lock()
	before := s.lastErr
	s.lastErr = err
	start := err != nil && !s.probing && !s.closed
	if err != nil {
		s.failed = bytes
	}
	if start {
		s.probing = true
		s.open.Add(1)
	}
	s.mu.Unlock()
	switch {
	case err != nil && before == nil:
		s.log.Error("writes fail", "file", s.path, "err", err)
	case err == nil && before != nil:
		s.log.Info("writes succeed again", "file", s.path)
	}
	if start {
		go s.recovery()
	}
}

// recovery tries to write until a write has succeeded, its own or another's.
func (s *Store) recovery() {
	defer s.open.Done()
	tick := time.NewTicker(probeInterval)
	defer tick.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-tick.C:
		}
		size, done := s.toProbe()
		if done {
			return
		}
		s.probe(size)
	}
}

// toProbe says how much to write, or that recovery is done. A store that is
// unusable does not recover.
func (s *Store) toProbe() (size int64, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lastErr == nil || s.unusable.Load() != nil {
		s.probing = false
		return 0, true
	}
	return min(max(s.failed, minProbe), maxProbe), false
}

// probe writes size bytes and takes them out again. How it ends is noted by the
// commits themselves.
func (s *Store) probe(size int64) {
	ballast := make([]byte, size)
	_, _ = rand.Read(ballast) // never fails; a filesystem may make nothing of zeros
	ctx := context.Background()
	err := s.Update(ctx, func(ft fleet.Tx) error {
		t := ft.(*tx)
		return t.guard(true, func() error {
			t.dirty = true
			return t.bucket(bucketMeta).Put(keyProbe, ballast)
		})
	})
	if err != nil {
		return
	}
	_ = s.Update(ctx, func(ft fleet.Tx) error { // where it fails, it is noted
		t := ft.(*tx)
		return t.guard(true, func() error { return t.delete(bucketMeta, keyProbe) })
	})
}
