//go:build appliance

package machine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// runDir makes a directory for one machine's files, which goes with the test. Those
// that tests left behind which were killed go now: nobody has them locked.
func runDir(t *testing.T) string {
	t.Helper()
	// Not in the test's TempDir: that may be a tmpfs, and this may grow large.
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	// One at a time, so that none is taken for left behind before it is locked.
	all, err := lock(filepath.Join(cache, "machines.lock"), unix.LOCK_EX)
	if err != nil {
		t.Fatalf("directory of the machine: %v", err)
	}
	defer all.Close()
	if err := sweep(cache); err != nil {
		t.Fatalf("remove what killed tests have left: %v", err)
	}
	dir, err := os.MkdirTemp(cache, "machine-")
	if err != nil {
		t.Fatalf("directory of the machine: %v", err)
	}
	held, err := lock(dir, unix.LOCK_EX)
	if err != nil {
		t.Fatalf("directory of the machine: %v", err)
	}
	t.Cleanup(func() {
		defer held.Close()
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the machine's files: %v", err)
		}
	})
	return dir
}

// sweep removes the directories of machines that no process holds.
func sweep(cache string) error {
	dirs, err := filepath.Glob(filepath.Join(cache, "machine-*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		held, err := lock(dir, unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, os.ErrNotExist) {
			continue // in use, or gone meanwhile
		}
		if err != nil {
			return err
		}
		err = os.RemoveAll(dir)
		held.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// lock takes a lock on a file, which it makes, or on a directory. It ends when the file is
// closed, or its process ends.
func lock(path string, how int) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		f, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), how); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}
