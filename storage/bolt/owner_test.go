//go:build linux

package bolt_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ollystack/control-plane/storage/bolt"
)

// TestOwner: root restores and compacts, and the server's own user can open what comes of it.
func TestOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	const server = 12345
	backup, dir := soundFile(t), t.TempDir()
	path := filepath.Join(dir, "fleet.db")
	wantOwner := func(when string) {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Uid != server || st.Gid != server {
			t.Errorf("%s the store belongs to %+v, want %d", when, info.Sys(), server)
		}
	}
	if err := os.Chown(dir, server, server); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"after a restore into an empty directory", "after a restore over it"} {
		if _, err := bolt.Restore(backup, path, began, nil); err != nil {
			t.Fatalf("Restore() = %v, want nil", err)
		}
		wantOwner(when)
	}
	if _, _, err := bolt.Compact(path); err != nil {
		t.Fatalf("Compact() = %v, want nil", err)
	}
	wantOwner("after it was compacted")
}
