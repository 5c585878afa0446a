package bolt_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

// TestResidentMemory checks that what was read and written does not stay in the
// process's memory as part of the mapped file, and is still there.
func TestResidentMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	s := open(t, bolt.Options{Path: path})
	const agents = 400
	if err := s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, 0, agents, nil) }); err != nil {
		t.Fatal(err)
	}
	if got := len(content(t, s)); got != agents {
		t.Fatalf("the store holds %d agents, want %d", got, agents)
	}
	read := resident(t, path)
	if read < 512<<10 {
		t.Errorf("resident bytes of the file after reading it = %d, want some MiB: does this test look at the right place?", read)
	}
	if err := s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, agents, agents+1, nil) }); err != nil {
		t.Fatal(err)
	}
	if got := resident(t, path); got > read/4 {
		t.Errorf("resident bytes of the file after a commit = %d, want far less than %d", got, read)
	}
	if got := len(content(t, s)); got != agents+1 {
		t.Errorf("the store holds %d agents, want %d", got, agents+1)
	}
}

// resident is how much of a mapped file is in this process's memory.
func resident(t *testing.T, path string) (bytes int) {
	t.Helper()
	smaps, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer smaps.Close()
	within := false
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		line := lines.Text()
		if name, value, ok := strings.Cut(line, ":"); ok && name == "Rss" && within {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			bytes += kib << 10
		} else if strings.Contains(line, "-") && strings.Contains(line, " r") {
			within = strings.HasSuffix(line, path)
		}
	}
	return bytes
}
