//go:build unix

package declared

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe: nobody writes to it, so opening it would never end.
func TestPipe(t *testing.T) {
	dir := folder(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "pipe.yaml: this is not a file") {
		t.Errorf("Read = %v, want the pipe refused, unopened", err)
	}
}
