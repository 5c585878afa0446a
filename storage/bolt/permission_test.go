//go:build linux

package bolt_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

func TestOpenForbidden(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "readonly", "fleet.db")
	open(t, bolt.Options{Path: file})
	closedDir := filepath.Join(dir, "closed")
	if err := os.Mkdir(closedDir, 0o500); err != nil {
		t.Fatal(err)
	}
	asNobody := os.Geteuid() == 0
	if asNobody { // modes do not stop root: let nobody come as far as the files
		for _, p := range []string{filepath.Dir(dir), dir, filepath.Dir(file), closedDir} {
			if err := os.Chmod(p, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	} else if err := os.Chmod(file, 0o400); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(closedDir, "fleet.db"), filepath.Join(closedDir, "below", "fleet.db")} {
		var err error
		func() {
			if asNobody {
				defer filesAs(65534)()
			}
			_, err = bolt.Open(bolt.Options{Path: path})
		}()
		wantError(t, "Open("+path+")", err, fleet.Unavailable, path, "must be allowed to read and write it and its directory "+filepath.Dir(path))
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// filesAs makes the calling goroutine touch files as another user, until the
// function that it returns is called.
func filesAs(uid uintptr) (restore func()) {
	runtime.LockOSThread()
	_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, uid, 0, 0) // it has no errors
	return func() {
		_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, uintptr(os.Geteuid()), 0, 0)
		runtime.UnlockOSThread()
	}
}
