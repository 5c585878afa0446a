package bolt_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

func TestOpenMakesFileAndDirectories(t *testing.T) {
	top := filepath.Join(t.TempDir(), "a")
	path := filepath.Join(top, "b", "fleet.db")
	open(t, bolt.Options{Path: path})
	for p, want := range map[string]fs.FileMode{top: 0o700, filepath.Dir(path): 0o700, path: 0o600} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s = %v, want %v", p, got, want)
		}
	}
	if left, err := filepath.Glob(path + ".new*"); err != nil || len(left) != 0 {
		t.Errorf("Open() left %v, %v, want nothing but the file", left, err)
	}
}

func TestOpenLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	first := open(t, bolt.Options{Path: path})
	_, err := bolt.Open(bolt.Options{Path: path})
	wantError(t, "Open(locked)", err, fleet.Unavailable, path, "is another ollystack running with this data directory?")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, bolt.Options{Path: path})
}

func TestOpenNotAFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(file, "fleet.db"), filepath.Join(dir, "a\x00b", "fleet.db")} {
		_, err := bolt.Open(bolt.Options{Path: path})
		wantError(t, "Open("+path+")", err, fleet.Unavailable, path, "cannot open")
	}
}

func TestOpenOtherSchema(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(*bbolt.Tx) error
		want  string
	}{
		{"newer", func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("meta"))
			if err != nil {
				return err
			}
			return b.Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, 1000))
		}, "was written by a newer version of ollystack (its schema is 1000"},
		{"not ours", func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("widgets"))
			return err
		}, "is not a data file of ollystack"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "fleet.db")
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Update(c.write); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the first lets go of the file
				_, err = bolt.Open(bolt.Options{Path: path})
				wantError(t, "Open()", err, fleet.Conflict, path, c.want)
			}
		})
	}
}

func TestOpenMissingBucket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	if err := open(t, bolt.Options{Path: path}).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("versions")) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = bolt.Open(bolt.Options{Path: path})
	wantError(t, "Open(no versions)", err, fleet.Internal, path, "is damaged", "the bucket versions is missing")
}

func TestCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	s := open(t, bolt.Options{Path: path, MinFreeBytes: 1})
	if got, want := s.Check(t.Context()), (fleet.Check{Status: fleet.CheckOK}); got != want {
		t.Errorf("Check() = %+v, want %+v", got, want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := s.Check(t.Context()); got.Status != fleet.CheckFailed || !strings.Contains(got.Detail, path) {
		t.Errorf("Check() of a closed store = %+v, want failed, naming %s", got, path)
	}

	s = open(t, bolt.Options{Path: path, MinFreeBytes: math.MaxUint64})
	before := modified(t, path)
	got := s.Check(t.Context())
	if got.Status != fleet.CheckDegraded || !strings.Contains(got.Detail, "MiB are free in "+filepath.Dir(path)) {
		t.Errorf("Check() with little free = %+v, want degraded, naming %s", got, filepath.Dir(path))
	}
	if after := modified(t, path); after != before {
		t.Errorf("Check() changed the file: %v, want %v", after, before)
	}
	if err := s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, 0, 1, nil) }); err != nil {
		t.Errorf("Update() with little free = %v, want nil", err)
	}
}

// modified is when the file changed last, and its size.
func modified(t *testing.T, path string) [2]int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return [2]int64{info.ModTime().UnixNano(), info.Size()}
}

func TestUpdateThatChangesNothingWritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	s := open(t, bolt.Options{Path: path})
	update := func() {
		t.Helper()
		if err := s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, 0, 10, nil) }); err != nil {
			t.Fatal(err)
		}
	}
	update()
	before := modified(t, path)
	update()
	if after := modified(t, path); after != before {
		t.Errorf("an Update with what is there wrote the file: %v, want %v", after, before)
	}
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	path := filepath.Join(t.TempDir(), "fleet.db")
	s := open(t, bolt.Options{Path: path, Registerer: registry})
	if err := s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, 0, 10, nil) }); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		got[f.GetName()] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
	}
	if got["ollystack_store_write_seconds"] != 1 {
		t.Errorf("ollystack_store_write_seconds counts %v writes, want 1", got["ollystack_store_write_seconds"])
	}
	if n := got["ollystack_store_written_bytes_total"]; n < 10_000 || n > 1<<20 {
		t.Errorf("ollystack_store_written_bytes_total = %v, want some pages", n)
	}
	if n, ok := got["ollystack_store_write_failures_total"]; n != 0 || !ok {
		t.Errorf("ollystack_store_write_failures_total = %v, %v, want 0", n, ok)
	}
	if want := float64(modified(t, path)[1]); got["ollystack_store_size_bytes"] != want {
		t.Errorf("ollystack_store_size_bytes = %v, want %v", got["ollystack_store_size_bytes"], want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, bolt.Options{Path: path, Registerer: registry}) // finds the names free
}
