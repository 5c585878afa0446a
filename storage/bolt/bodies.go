package bolt

import (
	"encoding/binary"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
)

// Bodies lie under numbers that only grow, so that new ones are appended side
// by side and pages are full; body_refs leads from kind and hash to the number
// and counts the agents that name the body.

// bodyKind tells apart hashes of different things. It is the first byte of a key of body_refs.
type bodyKind byte

const (
	effectiveConfigBody bodyKind = 'e'
	componentsBody      bodyKind = 'c'
)

type bodyKey struct {
	kind bodyKind
	hash fleet.ConfigHash
}

func (k bodyKey) bytes() []byte { return append([]byte{byte(k.kind)}, k.hash...) }

func (k bodyKey) String() string {
	if k.kind == componentsBody {
		return "the component list " + k.hash.String()
	}
	return "the effective config " + k.hash.String()
}

// bodyRef is the record in body_refs.
type bodyRef struct {
	number uint64 // of the body
	agents int64  // that name it; those of the running transaction are in tx.touched
}

// count notes that n more agents name k. An empty hash names nothing.
func (t *tx) count(k bodyKey, n int64) {
	if k.hash == "" {
		return
	}
	if t.touched == nil {
		t.touched = map[bodyKey]int64{}
	}
	t.touched[k] += n
}

func (t *tx) bodyRef(k bodyKey) (ref bodyRef, found bool, err error) {
	if k.hash == "" {
		return ref, false, nil
	}
	key := k.bytes()
	record, found, err := t.get(bucketBodyRefs, key)
	if err != nil || !found {
		return ref, found, err
	}
	err = decode(record, func(f *fields) {
		switch f.field {
		case 1:
			ref.number = f.num
		case 2:
			ref.agents = f.int()
		}
	})
	if err != nil {
		return ref, true, damagedRecord(bucketBodyRefs, key, err)
	}
	return ref, true, nil
}

func (t *tx) putBodyRef(k bodyKey, ref bodyRef) error {
	return t.put(t.bucket(bucketBodyRefs), k.bytes(), func(b []byte) []byte {
		return putInt(putUint(b, 1, ref.number), 2, ref.agents)
	})
}

func (t *tx) hasBody(k bodyKey) (bool, error) {
	_, found, err := t.bodyRef(k)
	return found, err
}

// putBody stores what fill makes under k, unless it is there.
func (t *tx) putBody(k bodyKey, fill func([]byte) []byte) error {
	if k.hash == "" {
		return fleet.Errorf(fleet.Invalid, "a body must have a hash")
	}
	if exists, err := t.hasBody(k); exists || err != nil {
		return err
	}
	bodies := t.bodyBucket()
	number, err := bodies.NextSequence()
	if err != nil {
		return err
	}
	if err := t.put(bodies, numberKey(number), fill); err != nil {
		return err
	}
	t.count(k, 0) // looked at when the transaction commits
	return t.putBodyRef(k, bodyRef{number: number})
}

// body reads the record of k and its key.
func (t *tx) body(k bodyKey) (record string, key []byte, err error) {
	ref, found, err := t.bodyRef(k)
	if err != nil {
		return "", nil, err
	}
	if !found {
		return "", nil, fleet.Errorf(fleet.NotFound, "there is no such thing as %s", k)
	}
	key = numberKey(ref.number)
	record, found, err = t.get(bucketBodies, key)
	if err == nil && !found {
		err = damagedRecord(bucketBodyRefs, k.bytes(), errDangling)
	}
	return record, key, err
}

// settleBodies brings the counts up to date and drops what no agent names.
func (t *tx) settleBodies() error {
	for k, n := range t.touched {
		ref, found, err := t.bodyRef(k)
		if err != nil {
			return err
		}
		ref.agents += n
		if !found || ref.agents < 0 {
			return damagedRecord(bucketBodyRefs, k.bytes(), errDangling)
		}
		switch {
		case ref.agents == 0:
			if err := t.delete(bucketBodies, numberKey(ref.number)); err != nil {
				return err
			}
			err = t.delete(bucketBodyRefs, k.bytes())
		case n != 0:
			err = t.putBodyRef(k, ref)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) bodyBucket() *bbolt.Bucket {
	b := t.bucket(bucketBodies)
	b.FillPercent = 0.95 // what is appended to needs no room in the middle
	return b
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func (t *tx) PutEffectiveConfig(c fleet.EffectiveConfig) error {
	return t.guard(true, func() error {
		return t.putBody(bodyKey{effectiveConfigBody, c.Hash}, func(b []byte) []byte { return putEffectiveConfig(b, c) })
	})
}

func (t *tx) PutComponents(hash fleet.ConfigHash, c fleet.Components) error {
	return t.guard(true, func() error {
		return t.putBody(bodyKey{componentsBody, hash}, func(b []byte) []byte { return putComponents(b, c) })
	})
}

func (t *tx) EffectiveConfig(hash fleet.ConfigHash) (c fleet.EffectiveConfig, err error) {
	err = t.guard(false, func() error {
		record, key, err := t.body(bodyKey{effectiveConfigBody, hash})
		if err != nil {
			return err
		}
		c.Hash = hash
		if err := getEffectiveConfig(record, &c); err != nil {
			return damagedRecord(bucketBodies, key, err)
		}
		return nil
	})
	if err != nil {
		return fleet.EffectiveConfig{}, err
	}
	return c, nil
}

func (t *tx) Components(hash fleet.ConfigHash) (c fleet.Components, err error) {
	err = t.guard(false, func() error {
		record, key, err := t.body(bodyKey{componentsBody, hash})
		if err != nil {
			return err
		}
		if c, err = getComponents(record); err != nil {
			return damagedRecord(bucketBodies, key, err)
		}
		return nil
	})
	return c, err
}
