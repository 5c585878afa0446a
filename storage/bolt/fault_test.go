//go:build linux

package bolt_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

// childEnv tells a test that it runs in a process of its own, and where.
const childEnv = "OLLYSTACK_TEST_STORE"

// child is a command that runs the calling test again in a process of its own.
func child(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	return cmd
}

func runChild(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s in a process of its own = %v:\n%s", t.Name(), err, out)
	} else if !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("%s in a process of its own did not pass:\n%s", t.Name(), out)
	}
}

// TestFileSizeLimit lets the system refuse to make the file longer, and then to
// write parts that it has already.
func TestFileSizeLimit(t *testing.T) {
	path := os.Getenv(childEnv)
	if path == "" {
		runChild(t, child(t, filepath.Join(t.TempDir(), "fleet.db")))
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	var whole syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &whole); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []uint64{6 << 20, 100 << 10, 3 * 4096} {
		t.Logf("with a limit of %d bytes", limit)
		fillUp(t, path, func(full bool) {
			now := whole
			if full {
				now.Cur = limit
			}
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestDiskFull fills a small filesystem, where the system allows to mount one.
func TestDiskFull(t *testing.T) {
	path := os.Getenv(childEnv)
	if path == "" {
		cmd := child(t, filepath.Join(t.TempDir(), "fleet.db"))
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		probe := exec.CommandContext(t.Context(), "/bin/true")
		probe.SysProcAttr = cmd.SysProcAttr
		if err := probe.Run(); err != nil {
			t.Skipf("this system does not let a test mount a filesystem: %v (TestFileSizeLimit still ran)", err)
		}
		runChild(t, cmd)
		return
	}
	dir := filepath.Dir(path)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Fatalf("mount a tmpfs on %s: %v", dir, err)
	}
	ballast := filepath.Join(dir, "ballast")
	fillUp(t, path, func(full bool) {
		if !full {
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			return
		}
		f, err := os.Create(ballast)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := io.Copy(f, zeros{}); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("filling the disk = %v, want ENOSPC", err)
		}
	})
	// A new file on a full disk.
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk = %v, want ENOSPC", err)
	}
	other := filepath.Join(dir, "other.db")
	_, err = bolt.Open(bolt.Options{Path: other})
	wantError(t, "Open(new file, disk full)", err, fleet.Unavailable, other, "the disk is full", "free some space in "+dir)
	if left, _ := filepath.Glob(other + "*"); len(left) != 0 {
		t.Errorf("Open(new file, disk full) left %v, want nothing", left)
	}
	// A copy of an old one.
	_, err = open(t, bolt.Options{Path: path}).Backup(t.Context())
	wantError(t, "Backup(disk full)", err, fleet.Unavailable, "a copy of the store needs", "free some space")
	wantNoBackups(t, path)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// fillUp writes agents 0, 1, 2... until the disk is full; full says when it
// shall be so, and when there is to be room again.
func fillUp(t *testing.T, path string, full func(bool)) {
	t.Helper()
	s := open(t, bolt.Options{Path: path})
	n := len(content(t, s))
	random := rand.NewChaCha8([32]byte{})
	put := func() error {
		return s.Update(t.Context(), func(tx fleet.Tx) error {
			large := make([]byte, 400<<10) // that cannot be compressed, to get on
			if _, err := random.Read(large); err != nil {
				return err
			}
			return errors.Join(
				putFleet(tx, n, n+10, nil),
				tx.PutConfig(fleet.Config{ID: stepConfig, Name: "large"}),
				tx.PutVersion(fleet.Version{ConfigID: stepConfig, Number: n + 1, Body: large}),
			)
		})
	}
	holds := func(when string) {
		t.Helper()
		if got := content(t, s); !slices.Equal(got, sampleUIDs(n)) {
			t.Errorf("%s the store holds %d agents, want the first %d", when, len(got), n)
		}
	}
	for range 3 { // to have pages that are free
		if err := put(); err != nil {
			t.Fatalf("Update() = %v, want nil", err)
		}
		n += 10
	}
	full(true)
	// A write that failed may succeed when it is tried again, on pages that have
	// become free meanwhile: full is when several in a row fail.
	for fails, tries := 0, 0; fails < 3; tries++ {
		err := put()
		switch {
		case err == nil && tries == 200:
			t.Fatalf("%d Updates succeeded, want them to fail", tries)
		case err == nil:
			n += 10
			fails = 0
			continue
		}
		wantError(t, "Update(disk full)", err, fleet.Unavailable, path, "the disk is full", "free some space in "+filepath.Dir(path))
		holds("after an Update that failed")
		fails++
	}
	if check := s.Check(t.Context()); check.Status != fleet.CheckFailed || !strings.Contains(check.Detail, path) {
		t.Errorf("Check(disk full) = %+v, want failed and %s in its detail", check, path)
	}
	if b, err := s.Backup(t.Context()); err == nil { // a copy needs less than the file that could not grow
		b.Close()
	} else {
		wantError(t, "Backup(disk full)", err, fleet.Unavailable, "free some space", filepath.Dir(path))
	}
	wantNoBackups(t, path)
	full(false)
	healed(t, s)
	if err := put(); err != nil {
		t.Errorf("Update(there is room again) = %v, want nil", err)
	}
	n += 10
	if check := s.Check(t.Context()); check.Status != fleet.CheckOK {
		t.Errorf("Check(there is room again) = %+v, want ok", check)
	}
	holds("when there is room again")
	if err := s.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	checkFile(t, path)
	s = open(t, bolt.Options{Path: path})
	holds("after a restart")
	if err := s.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
}

// TestKill kills a process that writes, at random moments, and holds what is on
// disk against what that process said that it had written.
func TestKill(t *testing.T) {
	if path := os.Getenv(childEnv); path != "" {
		s, err := bolt.Open(bolt.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		for n := stepOf(t, s) + 1; ; n++ {
			if err := s.Update(context.Background(), func(tx fleet.Tx) error { return putStep(tx, n) }); err != nil {
				t.Fatal(err)
			}
			fmt.Printf("wrote %d\n", n)
		}
	}
	path := filepath.Join(t.TempDir(), "fleet.db")
	for range 8 {
		cmd := child(t, path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		enough, last := 1+rand.IntN(60), 0
		lines := bufio.NewScanner(out)
		for seen := 0; lines.Scan(); {
			n, ok := strings.CutPrefix(lines.Text(), "wrote ")
			if !ok {
				continue
			}
			if last, err = strconv.Atoi(n); err != nil {
				t.Fatal(err)
			}
			if seen++; seen == enough {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil || last == 0 {
			t.Fatalf("the process that writes ended with %v after %d writes, want it killed", err, last)
		}
		s := open(t, bolt.Options{Path: path})
		if n := stepOf(t, s); n < last || n > last+1 {
			t.Errorf("after the kill the store holds step %d, want %d, the last that was reported, or the next", n, last)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// healed waits until the store finds out by itself that there is room again:
// nobody writes, and nobody may for hours.
func healed(t *testing.T, s *bolt.Store) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for s.Check(t.Context()).Status != fleet.CheckOK {
		if time.Now().After(deadline) {
			t.Errorf("Check() = %+v half a minute after there is room again, want ok", s.Check(t.Context()))
			return
		}
		runtime.Gosched()
	}
}

const stepConfig = fleet.ConfigID("0195f2b5-0000-7000-8000-000000000000")

// putStep is one write that touches several parts of the file.
func putStep(tx fleet.Tx, n int) error {
	body := sampleBody(n)
	a, b := sampleAgent(0, body.Hash, ""), sampleAgent(1, body.Hash, "")
	a.Revision, b.Revision = uint64(n), uint64(n)
	return errors.Join(
		tx.PutEffectiveConfig(body), tx.PutAgent(a), tx.PutAgent(b),
		tx.PutConfig(fleet.Config{ID: stepConfig, Name: fmt.Sprint("step ", n), Version: n}),
		tx.PutVersion(fleet.Version{ConfigID: stepConfig, Number: n, Body: body.Files[""].Body, Hash: body.Hash}),
	)
}

// stepOf checks that the store holds whole steps only, and returns the last.
func stepOf(t *testing.T, s *bolt.Store) (n int) {
	t.Helper()
	err := s.View(t.Context(), func(tx fleet.Tx) error {
		c, err := tx.Config(stepConfig)
		if fleet.KindOf(err) == fleet.NotFound {
			return nil
		} else if err != nil {
			return err
		}
		n = c.Version
		body := sampleBody(n)
		for i := range 2 {
			a, err := tx.Agent(sampleUID(i))
			if err != nil || a.Revision != uint64(n) || a.EffectiveConfig != body.Hash {
				t.Errorf("Agent(%d) = revision %d, effective config %v, %v, want those of step %d", i, a.Revision, a.EffectiveConfig, err, n)
			}
		}
		if got, err := tx.EffectiveConfig(body.Hash); err != nil || !bytes.Equal(got.Files[""].Body, body.Files[""].Body) {
			t.Errorf("EffectiveConfig(of step %d) = %q, %v", n, got.Files[""].Body, err)
		}
		next := 1
		for v, err := range tx.Versions(stepConfig) {
			if err != nil {
				return err
			}
			if v.Number != next || v.Hash != sampleBody(next).Hash {
				t.Errorf("Versions() yields number %d, hash %v, want %d and its hash", v.Number, v.Hash, next)
			}
			next++
		}
		if next-1 != n || c.Name != fmt.Sprint("step ", n) {
			t.Errorf("the config %q has %d versions, want %d", c.Name, next-1, n)
		}
		return nil
	})
	if err != nil {
		t.Errorf("View() = %v, want nil", err)
	}
	return n
}
