package bolt_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

// wantFiles checks what is in a directory.
func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("%s holds %q, want %q", dir, got, want)
	}
}

func TestRestore(t *testing.T) {
	backup := soundFile(t)
	want := readEverything(t, open(t, bolt.Options{Path: backup}))
	dir := t.TempDir()
	path := filepath.Join(dir, "fleet.db")
	now := time.Date(2026, 11, 26, 2, 15, 0, 0, time.UTC)

	// Where nothing was.
	aside, err := bolt.Restore(backup, path, now, nil)
	if err != nil || aside != "" {
		t.Fatalf("Restore(new) = %q, %v, want nothing kept", aside, err)
	}
	wantFiles(t, dir, "fleet.db")
	s := open(t, bolt.Options{Path: path})
	if got := readEverything(t, s); !bytes.Equal(got, want) {
		t.Errorf("the restored store holds something else than the backup")
	}

	// While a server has it open.
	_, err = bolt.Restore(backup, path, now, nil)
	wantError(t, "Restore(in use)", err, fleet.Unavailable, "locked")
	if err := s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, 20, 30, nil) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// Over one that holds something.
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	prepared := ""
	aside, err = bolt.Restore(backup, path, now, func(tmp string) error { prepared = tmp; return nil })
	if wantAside := path + ".before-restore-20261126T021500Z"; err != nil || aside != wantAside || filepath.Dir(prepared) != dir {
		t.Fatalf("Restore() = %q, %v, prepared %q, want %q kept", aside, err, prepared, wantAside)
	}
	wantFiles(t, dir, "fleet.db", filepath.Base(aside))
	if got := content(t, open(t, bolt.Options{Path: aside})); !slices.Equal(got, sampleUIDs(30)) {
		t.Errorf("what was kept holds %d agents, want the 30 of before", len(got))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode of the restored store = %v, %v, want that of the old one", info.Mode(), err)
	}

	// What fails on the way changes nothing.
	broken := errors.New("broken")
	if _, err := bolt.Restore(backup, path, now.Add(time.Hour), func(string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("Restore(prepare fails) = %v, want its error", err)
	}
	_, err = bolt.Restore(backup, path, now, nil) // in the same second again
	wantError(t, "Restore(the name is taken)", err, fleet.Unavailable, aside, "exists")
	wantFiles(t, dir, "fleet.db", filepath.Base(aside))
	if got := readEverything(t, open(t, bolt.Options{Path: path})); !bytes.Equal(got, want) {
		t.Errorf("a restore that failed has changed the store")
	}
}

// TestRestoreBesideANewServer: one that was started while the copy was made has the data directory.
func TestRestoreBesideANewServer(t *testing.T) {
	backup, path := soundFile(t), filepath.Join(t.TempDir(), "fleet.db")
	var s *bolt.Store
	_, err := bolt.Restore(backup, path, began, func(string) error {
		s = open(t, bolt.Options{Path: path})
		return nil
	})
	if err == nil {
		t.Error("Restore(a server was started meanwhile) = nil, want an error")
	}
	if got := content(t, s); len(got) != 0 {
		t.Errorf("the new server holds %d agents, want none", len(got))
	}
	wantFiles(t, filepath.Dir(path), "fleet.db")
}

// TestRestoreOverDamage: the reason to restore is often that the store is no store any more.
func TestRestoreOverDamage(t *testing.T) {
	backup := soundFile(t)
	for name, was := range map[string]string{"empty": "", "text": "not a store"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "fleet.db")
		if err := os.WriteFile(path, []byte(was), 0o600); err != nil {
			t.Fatal(err)
		}
		aside, err := bolt.Restore(backup, path, began, nil)
		if err != nil {
			t.Errorf("%s: Restore() = %v, want nil", name, err)
			continue
		}
		if kept, err := os.ReadFile(aside); err != nil || string(kept) != was {
			t.Errorf("%s: kept %q, %v, want what was there", name, kept, err)
		}
		open(t, bolt.Options{Path: path})
	}
}

func TestCompact(t *testing.T) {
	path := soundFile(t)
	s := open(t, bolt.Options{Path: path})
	for _, step := range []func(tx fleet.Tx) error{
		func(tx fleet.Tx) error { return putFleet(tx, 100, 3000, nil) },
		func(tx fleet.Tx) error {
			for n := 100; n < 3000; n++ {
				if err := tx.DeleteAgent(sampleUID(n)); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := s.Update(t.Context(), step); err != nil {
			t.Fatal(err)
		}
	}
	want := readEverything(t, s)
	_, _, err := bolt.Compact(path)
	wantError(t, "Compact(in use)", err, fleet.Unavailable, "locked")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	before, after, err := bolt.Compact(path)
	if err != nil {
		t.Fatalf("Compact() = %v, want nil", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if before.Size < 4<<20 || after.Size > before.Size/4 || info.Size() != after.Size || info.Mode().Perm() != 0o640 {
		t.Errorf("Compact() = %d, %d bytes; the file has %d and mode %v; want much less, and the old mode", before.Size, after.Size, info.Size(), info.Mode())
	}
	wantFiles(t, filepath.Dir(path), "fleet.db")
	s = open(t, bolt.Options{Path: path})
	if got := readEverything(t, s); !bytes.Equal(got, want) {
		t.Errorf("the small store holds something else")
	}
	// It is written to as before, with numbers that were never used.
	if err := s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, 100, 110, nil) }); err != nil {
		t.Errorf("Update() = %v, want nil", err)
	}
	content(t, s)
}

// TestCompactOfADamagedStore leaves it alone.
func TestCompactOfADamagedStore(t *testing.T) {
	path := soundFile(t)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(file, []byte("edge-000")) // in the record of an agent
	file[at] ^= 1
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = bolt.Compact(path)
	if err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("Compact(damaged) = %v, want that it is", err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, file) {
		t.Errorf("Compact(damaged) has changed the file (%v)", err)
	}
	wantFiles(t, filepath.Dir(path), "fleet.db")
}
