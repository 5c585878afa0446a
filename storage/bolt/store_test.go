package bolt_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
	"github.com/ollystack/control-plane/storage/storagetest"
)

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t testing.TB, dir string) fleet.Store {
		return open(t, bolt.Options{Path: filepath.Join(dir, "data", "fleet.db")})
	})
}

// open opens a store that must open, closes it with the test and checks the
// file's consistency after that.
func open(t testing.TB, o bolt.Options) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(o)
	if err != nil {
		t.Fatalf("Open(%q) = %v, want nil", o.Path, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
		checkFile(t, o.Path)
	})
	return s
}

// checkFile runs bbolt's own consistency check.
func checkFile(t testing.TB, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("Stat(%q) = %v, want nil", path, err)
		return
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Errorf("bbolt.Open(%q) = %v, want nil", path, err)
		return
	}
	defer func() { _ = db.Close() }()
	err = db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("Check(%q) reports %v, want nothing", path, err)
		}
		return nil
	})
	if err != nil {
		t.Errorf("View(%q) = %v, want nil", path, err)
	}
}
