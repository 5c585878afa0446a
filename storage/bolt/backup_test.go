package bolt_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

// backup reads one whole backup of s.
func backup(t *testing.T, s *bolt.Store) []byte {
	t.Helper()
	b, err := s.Backup(t.Context())
	if err != nil {
		t.Fatalf("Backup() = %v, want nil", err)
	}
	body, err := io.ReadAll(b)
	if err != nil || int64(len(body)) != b.Size() || sha256.Sum256(body) != b.SHA256() {
		t.Errorf("Backup() reads %d bytes, %v; want %d with the digest that it tells", len(body), err, b.Size())
	}
	if err := b.Close(); err != nil {
		t.Errorf("Backup.Close() = %v, want nil", err)
	}
	return body
}

func wantNoBackups(t *testing.T, path string) {
	t.Helper()
	if left, err := filepath.Glob(path + ".backup-*"); err != nil || len(left) != 0 {
		t.Errorf("left of backups: %v, %v, want nothing", left, err)
	}
}

// TestBackup: what a backup holds is what the store held when it was made,
// whatever is written while it is read.
func TestBackup(t *testing.T) {
	at := time.Date(2026, 11, 26, 2, 15, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "fleet.db")
	s := open(t, bolt.Options{Path: path, Clock: func() time.Time { return at }})
	put := func(first, last int) {
		t.Helper()
		if err := s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, first, last, nil) }); err != nil {
			t.Fatalf("Update() = %v, want nil", err)
		}
	}
	put(0, 20)
	b, err := s.Backup(t.Context())
	if err != nil {
		t.Fatalf("Backup() = %v, want nil", err)
	}
	put(20, 40)
	if !b.At().Equal(at) {
		t.Errorf("Backup().At() = %v, want %v", b.At(), at)
	}
	if _, err := s.Backup(t.Context()); fleet.KindOf(err) != fleet.Conflict {
		t.Errorf("second Backup() = %v, want a conflict", err)
	}
	body, err := io.ReadAll(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("Backup.Close() = %v, want nil", err)
	}
	wantNoBackups(t, path)
	for name, c := range map[string]struct {
		file []byte
		want int
	}{"first": {body, 20}, "second": {backup(t, s), 40}} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := content(t, open(t, bolt.Options{Path: file})); !slices.Equal(got, sampleUIDs(c.want)) {
			t.Errorf("the %s backup holds %d agents, want the first %d", name, len(got), c.want)
		}
	}
}

// TestBackupUnread: a backup that nobody reads holds no transaction open, so
// that the pages which writes free are used again.
func TestBackupUnread(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	s := open(t, bolt.Options{Path: path})
	write := func(n int) {
		t.Helper()
		for i := range n {
			err := s.Update(t.Context(), func(tx fleet.Tx) error {
				return putFleet(tx, 0, 200, func(a *fleet.Agent) { a.SequenceNum = uint64(i) })
			})
			if err != nil {
				t.Fatalf("Update() = %v, want nil", err)
			}
		}
	}
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	write(5)
	before := size()
	b, err := s.Backup(t.Context())
	if err != nil {
		t.Fatalf("Backup() = %v, want nil", err)
	}
	write(60) // some 15 MiB, of which a transaction would keep every page
	if now := size(); now > before+4<<20 {
		t.Errorf("the file grew from %d to %d bytes while a backup was not read", before, now)
	}
	if err := b.Close(); err != nil {
		t.Errorf("Backup.Close() = %v, want nil", err)
	}
}

func TestBackupGivenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	s := open(t, bolt.Options{Path: path})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Backup(ctx)
	wantError(t, "Backup(cancelled)", err, fleet.Unavailable)
	wantNoBackups(t, path)
	backup(t, s) // the place is free again

	b, err := s.Backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		t.Errorf("Close() = %v while a backup is open, want it to wait", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := b.Close(); err != nil {
		t.Errorf("Backup.Close() = %v, want nil", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	_, err = s.Backup(t.Context())
	wantError(t, "Backup(closed)", err, fleet.Unavailable, "is closed")
	wantNoBackups(t, path)
}

// TestBackupLeftovers: what a process that was killed left is removed at the next start.
func TestBackupLeftovers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "fleet.db")
	others := []string{"fleet.db.before-restore-20261126T021500Z", "other.db.backup-1", "fleet.db.old"}
	for _, name := range append(others, "fleet.db.backup-1", "fleet.db.backup-2", "fleet.db.restore-1", "fleet.db.compact-1") {
		if err := os.WriteFile(filepath.Join(dir, name), bytes.Repeat([]byte("x"), 100), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(t, bolt.Options{Path: path})
	wantFiles(t, dir, append(others, "fleet.db")...)
}
