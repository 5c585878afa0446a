package bolt

import (
	"bytes"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
)

// tx is a transaction as the domain sees it. Everything that touches bbolt, or
// memory that bbolt has mapped, runs inside guard.
type tx struct {
	s        *Store
	b        *bbolt.Tx
	writable bool
	ended    bool

	dirty   bool   // there is something to commit
	changes uint64 // counts writes: who ranges looks for its place again after one
	touched map[bodyKey]int64
	failed  error // the first damage that was met: such a transaction must not commit
}

// guard runs fn, which reads from or writes to bbolt, if the transaction allows
// that, and makes errors of the domain of what goes wrong in it (Store.guarded).
func (t *tx) guard(write bool, fn func() error) (err error) {
	switch {
	case t.ended:
		return fleet.Errorf(fleet.Internal, "the transaction is over")
	case write && !t.writable:
		return fleet.Errorf(fleet.Internal, "a View must not write")
	case t.failed != nil:
		return t.failed
	}
	if write {
		t.changes++
	}
	err = t.s.guarded(fn)
	if err != nil && fleet.KindOf(err) == fleet.Internal {
		t.failed = err
	}
	return err
}

func (t *tx) bucket(name []byte) *bbolt.Bucket {
	// Open has seen that it is there; should it be gone, guard makes an error of what follows.
	return t.b.Bucket(name)
}

// get reads the record under key; found is false where there is none.
func (t *tx) get(bucket, key []byte) (record string, found bool, err error) {
	if len(key) == 0 {
		return "", false, nil
	}
	value := t.bucket(bucket).Get(key)
	if value == nil {
		return "", false, nil
	}
	t.s.touch(len(value))
	record, err = t.s.unpacker.unpack(key, value)
	if err != nil {
		return "", true, damagedRecord(bucket, key, err)
	}
	return record, true, nil
}

// put writes the record that fill makes under key.
func (t *tx) put(bucket *bbolt.Bucket, key []byte, fill func([]byte) []byte) error {
	if len(key) > bbolt.MaxKeySize {
		return fleet.Errorf(fleet.Invalid, "a name of %d bytes is too long", len(key))
	}
	value, err := t.s.packer.pack(key, fill)
	if err != nil {
		return err
	}
	if bytes.Equal(bucket.Get(key), value) {
		return nil // nothing to write, and maybe nothing to commit
	}
	t.dirty = true
	t.s.touch(len(value))
	return bucket.Put(key, value)
}

func (t *tx) delete(bucket, key []byte) error {
	t.dirty = true
	return t.bucket(bucket).Delete(key)
}

// scan ranges over the keys of a bucket that come after the given one (with
// from: that one included) while within says so. decode runs inside guard.
func scan[V any](t *tx, bucket, after []byte, within func(key []byte) bool, decode func(key []byte, record string) (V, error)) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		var cursor *bbolt.Cursor
		changes := t.changes
		last := after
		for {
			var v V
			var found bool
			err := t.guard(false, func() error {
				var key, value []byte
				if cursor != nil && changes == t.changes {
					key, value = cursor.Next()
				} else {
					// bbolt's cursors do not survive writes.
					changes = t.changes
					cursor = t.bucket(bucket).Cursor()
					if key, value = cursor.Seek(last); key != nil && string(key) == string(last) {
						key, value = cursor.Next()
					}
				}
				if key == nil || !within(key) {
					return nil
				}
				found = true
				last = append(last[:0:0], key...)
				t.s.touch(len(value))
				record, err := t.s.unpacker.unpack(key, value)
				if err == nil {
					v, err = decode(last, record)
				}
				if err != nil {
					return damagedRecord(bucket, last, err)
				}
				return nil
			})
			if err != nil {
				var none V
				yield(none, err)
				return
			}
			if !found || !yield(v, nil) {
				return
			}
		}
	}
}

func all([]byte) bool { return true }

func (t *tx) StoppedAt() (at time.Time, err error) {
	err = t.guard(false, func() error {
		record, _, err := t.get(bucketMeta, keyStoppedAt)
		if err != nil {
			return err
		}
		return decode(record, func(f *fields) {
			if f.field == 1 {
				at = f.time()
			}
		})
	})
	return at, err
}

func (t *tx) SetStoppedAt(at time.Time) error {
	return t.guard(true, func() error {
		return t.put(t.bucket(bucketMeta), keyStoppedAt, func(b []byte) []byte { return putTime(b, 1, at) })
	})
}

func (t *tx) Seeded() (names []string, err error) {
	err = t.guard(false, func() error {
		record, _, err := t.get(bucketMeta, keySeeded)
		if err != nil {
			return err
		}
		return decode(record, func(f *fields) {
			if f.field == 1 {
				names = append(names, f.text)
			}
		})
	})
	return names, err
}

func (t *tx) SetSeeded(names []string) error {
	return t.guard(true, func() error {
		return t.put(t.bucket(bucketMeta), keySeeded, func(b []byte) []byte {
			for _, name := range names {
				b = putText(b, 1, name)
			}
			return b
		})
	})
}
