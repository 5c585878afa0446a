package bolt

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

// TestUnconfirmedCommit stands in for a disk whose last sync fails after the
// header was written: readers would see what its writer was told had failed.
func TestUnconfirmedCommit(t *testing.T) {
	s, err := Open(Options{Path: filepath.Join(t.TempDir(), "fleet.db")})
	if err != nil {
		t.Fatal(err)
	}
	put := func(fn func(id int)) error {
		return s.Update(t.Context(), func(x fleet.Tx) error {
			fn(x.(*tx).b.ID())
			return x.PutToken(fleet.Token{ID: "t"})
		})
	}
	cause := fleet.Errorf(fleet.Unavailable, "the disk reports an error")
	var id int
	if err := put(func(i int) { id = i }); err != nil {
		t.Fatal(err)
	}
	s.afterFailedCommit(id+1, cause) // one that left no trace
	if err := put(func(int) {}); err != nil {
		t.Errorf("Update() after a commit that failed and left no trace = %v, want nil", err)
	}
	s.afterFailedCommit(id, cause)
	for name, err := range map[string]error{
		"Update": put(func(int) {}),
		"View":   s.View(t.Context(), func(fleet.Tx) error { return nil }),
		"Close":  s.Close(),
	} {
		if fleet.KindOf(err) != fleet.Unavailable {
			t.Errorf("%s() after a commit that nobody confirmed = %v, want an error that is unavailable", name, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close() = %v, want nil", err)
	}
}

// TestStillAt: a server that waited for the lock must not go on with a file
// that a restore has put aside meanwhile.
func TestStillAt(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "fleet.db"), filepath.Join(dir, "other")
	for _, name := range []string{path, other} {
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := stillAt(path, f); err != nil {
		t.Errorf("stillAt(the same) = %v, want nil", err)
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if err := stillAt(path, f); fleet.KindOf(err) != fleet.Unavailable {
		t.Errorf("stillAt(another) = %v, want an error that is unavailable", err)
	}
}
