package bolt_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

const (
	sampleCount = 40
	sampleStep  = 10
)

// sampleFile is a file with some agents and some pages that are free.
func sampleFile(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fleet.db")
	s := open(t, bolt.Options{Path: path})
	for n := 0; n < sampleCount; n += sampleStep {
		if err := s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, n, n+sampleStep, nil) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOpenDamaged(t *testing.T) {
	whole := sampleFile(t)
	text := []byte("listen: 127.0.0.1:4320\n")
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "it is empty"},
		{"one byte", whole[:1], "header"},
		{"text", text, "header"},
		{"long text", bytes.Repeat(text, 1000), "header"},
		{"zeros", make([]byte, 1<<20), "header"},
		{"one page", whole[:4096], "it was cut"},
		{"half", whole[:64<<10], "it was cut"},
		{"both headers overwritten", append(make([]byte, 8192), whole[8192:]...), "header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "fleet.db")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := bolt.Open(bolt.Options{Path: path})
			wantError(t, "Open()", err, fleet.Internal, path, "is damaged", "restore the file from a backup", c.want)
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, c.file) {
				t.Errorf("Open() changed the file, want it left alone for whoever looks into it (%v)", err)
			}
		})
	}
}

// TestOneHeader is a file one of whose two headers is damaged, as a write that was cut off leaves it.
func TestOneHeader(t *testing.T) {
	for _, page := range []int{0, 1} {
		t.Run(fmt.Sprint(page), func(t *testing.T) {
			file := sampleFile(t)
			clear(file[page*4096 : (page+1)*4096])
			path := filepath.Join(t.TempDir(), "fleet.db")
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, bolt.Options{Path: path})
			if got := len(content(t, s)); got < sampleCount-sampleStep {
				t.Errorf("the store holds %d agents, want those of the last commit or of the one before", got)
			}
			for n := range 2 { // writes both headers
				if err := s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, 1000+n, 1001+n, nil) }); err != nil {
					t.Errorf("Update() = %v, want nil", err)
				}
			}
		})
	}
}

// TestCutWhileOpen cuts the file under an open store: memory that is mapped behind its end faults.
func TestCutWhileOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.db")
	if err := os.WriteFile(path, sampleFile(t), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 3*4096); err != nil {
		t.Fatal(err)
	}
	_, err = tryContent(t, s)
	wantError(t, "reading everything", err, fleet.Internal, path, "restore the file from a backup")
	err = s.Update(t.Context(), func(tx fleet.Tx) error { return putFleet(tx, 0, 50, nil) })
	wantError(t, "Update()", err, fleet.Internal, path, "restore the file from a backup")
	if err := s.Close(); err != nil {
		wantError(t, "Close()", err, fleet.Internal, path)
	}
}

// TestDamagedPages overwrites every page in turn and does all that can be done
// with a store. It must not crash, nor read anything that was never written.
func TestDamagedPages(t *testing.T) {
	whole := sampleFile(t)
	const page = 4096
	used := int(binary.NativeEndian.Uint64(whole[16+40:])) // pages, as the header says
	whole = whole[:used*page]                              // the rest is room to grow
	random := rand.New(rand.NewPCG(3, 3))
	noise := make([]byte, page)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	failures := 0
	for n := 2; n < used; n++ {
		for name, overwrite := range map[string]func(p []byte){
			"zeros":        func(p []byte) { clear(p) },
			"noise":        func(p []byte) { copy(p, noise) },
			"other page":   func(p []byte) { copy(p, whole[(n-1)*page:]) },
			"end":          func(p []byte) { copy(p[page/2:], noise) },
			"flipped bits": func(p []byte) { p[random.IntN(page)] ^= byte(1 + random.IntN(255)) },
			"flipped head": func(p []byte) { p[random.IntN(128)] ^= byte(1 + random.IntN(255)) },
		} {
			file := bytes.Clone(whole)
			overwrite(file[n*page : (n+1)*page])
			if err := exercise(t, file, fmt.Sprintf("page %d, %s", n, name)); err != nil {
				failures++
			}
		}
	}
	if failures < used {
		t.Errorf("%d damages to %d pages were noticed, want most", failures, used)
	}
}

// exercise does everything with a damaged file, and returns the first error.
func exercise(t *testing.T, file []byte, what string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fleet.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	known := func(err error) error {
		if err != nil && fleet.KindOf(err) != fleet.Internal && fleet.KindOf(err) != fleet.NotFound {
			t.Errorf("%s: %v (%v), want an error that is internal", what, err, fleet.KindOf(err))
		}
		return err
	}
	s, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		return known(err)
	}
	defer func() {
		_ = known(s.Close())
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}()
	_, errRead := tryContent(t, s)
	errWrite := s.Update(context.Background(), func(tx fleet.Tx) error { return putFleet(tx, sampleCount-5, sampleCount+5, nil) })
	errList := s.View(context.Background(), func(tx fleet.Tx) error {
		for _, err := range tx.Configs() {
			if err != nil {
				return err
			}
		}
		return nil
	})
	s.Check(context.Background())
	for _, err := range []error{errRead, errWrite, errList} {
		if known(err) != nil {
			return err
		}
	}
	return nil
}
