package bolt

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
)

// TestMigrate runs steps that no release has, each once and in order, stopping at one that fails.
func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var ran []int
	broken := errors.New("broken")
	fails := true
	newest := uint64(len(migrations()))
	steps := append(migrations(),
		func(tx *bbolt.Tx) error {
			ran = append(ran, 1)
			_, err := tx.CreateBucket([]byte("new one later"))
			return err
		},
		func(tx *bbolt.Tx) error {
			ran = append(ran, 2)
			if _, err := tx.CreateBucket([]byte("new two later")); err != nil {
				return err
			}
			if fails {
				return broken
			}
			return tx.DeleteBucket([]byte("new one later"))
		})

	if err := migrate(db, path, migrations()); err != nil {
		t.Fatalf("migrate(to the newest) = %v, want nil", err)
	}
	if err := migrate(db, path, steps); !errors.Is(err, broken) {
		t.Fatalf("migrate(a step that fails) = %v, want its error", err)
	}
	if v, err := schemaOf(db, path); v != newest+1 || err != nil {
		t.Errorf("schema after the step that failed = %d, %v, want %d", v, err, newest+1)
	}
	fails = false
	if err := migrate(db, path, steps); err != nil {
		t.Fatalf("migrate(two steps on) = %v, want nil", err)
	}
	if err := migrate(db, path, steps); err != nil {
		t.Fatalf("migrate(nothing to do) = %v, want nil", err)
	}
	if want := []int{1, 2, 2}; !slices.Equal(ran, want) {
		t.Errorf("steps that ran = %v, want %v", ran, want)
	}
	err = db.View(func(tx *bbolt.Tx) error {
		if tx.Bucket([]byte("new two later")) == nil || tx.Bucket([]byte("new one later")) != nil || tx.Bucket(bucketAgents) == nil {
			t.Error("after the migrations buckets are missing or left over")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate(db, path, migrations()); fleet.KindOf(err) != fleet.Conflict {
		t.Errorf("migrate(newer file) = %v, want an error that is a conflict", err)
	}
}
