package rediscache

import (
	"hash/maphash"
	"testing"
)

func set(keys ...key) map[key]struct{} {
	m := map[key]struct{}{}
	for _, k := range keys {
		m[k] = struct{}{}
	}
	return m
}

func TestRevisions(t *testing.T) {
	r := newRevisions(slotCount)
	a, b := configKey("a"), configKey("b")
	for r.slotOf(a) == r.slotOf(b) {
		r.seed = maphash.MakeSeed() // one chance in 65536
	}
	want := func(k key, revision uint64, settled bool) {
		t.Helper()
		if gotRevision, gotSettled := r.current(k); gotRevision != revision || gotSettled != settled {
			t.Errorf("current(%v) = %d, %v, want %d, %v", k, gotRevision, gotSettled, revision, settled)
		}
	}
	want(a, 0, true)
	first := r.raise(set(a))
	want(a, 1, false)
	want(b, 0, true)
	// The next transaction may come before the first one's caller has returned.
	second := r.raise(set(a, b))
	want(a, 2, false)
	want(b, 2, false)
	second()
	want(a, 2, false)
	want(b, 2, true)
	first()
	want(a, 2, true)
	// A revision that has been given out is not given out again.
	r.raise(set(b))()
	want(a, 2, true)
	want(b, 3, true)
}

// Keys of one slot are raised together: too often is harmless, too rarely would not be.
func TestRevisionsSharingASlot(t *testing.T) {
	r := newRevisions(1)
	a, b := configKey("a"), configKey("b")
	settle := r.raise(set(a, b, configKey("c")))
	if revision, settled := r.current(b); revision != 1 || settled {
		t.Errorf("current() = %d, %v, want 1, false", revision, settled)
	}
	settle()
	if revision, settled := r.current(a); revision != 1 || !settled {
		t.Errorf("current() = %d, %v, want 1, true", revision, settled)
	}
}
