package bolt

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
)

// The buckets. DESIGN.md lists their keys and values.
var (
	bucketMeta        = []byte("meta")
	bucketAgents      = []byte("agents")
	bucketBodies      = []byte("bodies")
	bucketBodyRefs    = []byte("body_refs")
	bucketConfigs     = []byte("configs")
	bucketConfigNames = []byte("config_names")
	bucketVersions    = []byte("versions")
	bucketTokens      = []byte("tokens")
	bucketHistory     = []byte("history") // since schema 2
)

// buckets are those that hold records, in the newest schema.
func buckets() [][]byte {
	return [][]byte{
		bucketAgents, bucketBodies, bucketBodyRefs, bucketConfigs, bucketConfigNames, bucketVersions, bucketTokens, bucketHistory,
	}
}

// Keys of the bucket meta.
var (
	keySchema    = []byte("schema")     // the schema's version, 8 bytes, big endian: the same in every version
	keyStoppedAt = []byte("stopped_at") // a value whose record holds the time as field 1
	keyProbe     = []byte("probe")      // without meaning: what recovery wrote last, left where it could not be deleted
	keySeeded    = []byte("seeded")     // a value whose record holds each name as a field 1
)

// migrations lead from the version that is their index to the next. Version 0
// is a file without anything in it. A migration is never changed once it was
// released: files that went through it are out there.
func migrations() []func(*bbolt.Tx) error {
	return []func(*bbolt.Tx) error{createSchema1, createHistory}
}

func createSchema1(tx *bbolt.Tx) error {
	for _, name := range []string{"agents", "bodies", "body_refs", "configs", "config_names", "versions", "tokens"} {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

// createHistory leads to schema 2.
func createHistory(tx *bbolt.Tx) error {
	if _, err := tx.CreateBucket([]byte("history")); err != nil {
		return fmt.Errorf("create bucket history: %w", err)
	}
	return nil
}

// migrate brings the file to the newest version, each step in a transaction of its own.
func migrate(db *bbolt.DB, path string, steps []func(*bbolt.Tx) error) error {
	for {
		version, err := schemaOf(db, path)
		if err != nil {
			return err
		}
		if version == uint64(len(steps)) {
			return nil
		}
		if version > uint64(len(steps)) {
			return newerSchema(path, version, uint64(len(steps)))
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			if err := steps[version](tx); err != nil {
				return err
			}
			meta, err := tx.CreateBucketIfNotExists(bucketMeta)
			if err != nil {
				return err
			}
			return meta.Put(keySchema, binary.BigEndian.AppendUint64(nil, version+1))
		})
		if err != nil {
			return fmt.Errorf("migrate %s from schema %d to %d: %w", path, version, version+1, err)
		}
	}
}

func newerSchema(path string, version, newest uint64) error {
	return fleet.Errorf(fleet.Conflict,
		"%s was written by a newer version of ollystack (its schema is %d, this version knows up to %d): start that version again, or restore a backup from before the upgrade",
		path, version, newest)
}

func schemaOf(db *bbolt.DB, path string) (version uint64, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if meta == nil {
			if name, _ := tx.Cursor().First(); name != nil {
				return fleet.Errorf(fleet.Conflict, "%s is not a data file of ollystack: it holds a bucket %q and no schema", path, name)
			}
			return nil
		}
		v := meta.Get(keySchema)
		if len(v) != 8 {
			return errRecord
		}
		version = binary.BigEndian.Uint64(v)
		return nil
	})
	return version, err
}

// complete checks that no bucket is missing.
func complete(db *bbolt.DB) error {
	return db.View(func(tx *bbolt.Tx) error {
		for _, name := range buckets() {
			if tx.Bucket(name) == nil {
				return fmt.Errorf("the bucket %s is missing", name)
			}
		}
		return nil
	})
}
