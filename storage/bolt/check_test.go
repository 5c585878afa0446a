package bolt_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

// soundFile is a store with something in every bucket, closed.
func soundFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fleet.db")
	s := open(t, bolt.Options{Path: path})
	config := fleet.ConfigID("0195f2b5-0000-7000-8000-000000000001")
	err := s.Update(t.Context(), func(tx fleet.Tx) error {
		for _, err := range []error{
			tx.PutConfig(fleet.Config{ID: config, Name: "edge", Version: 2}),
			tx.PutVersion(fleet.Version{ConfigID: config, Number: 1, Body: []byte("one")}),
			tx.PutVersion(fleet.Version{ConfigID: config, Number: 2, Body: []byte("two")}),
			tx.PutToken(fleet.Token{ID: "t", Name: "admin", Role: fleet.RoleAdmin}),
			tx.PutSample(fleet.Sample{At: began, Healthy: 20}),
			tx.SetStoppedAt(began),
			putFleet(tx, 0, 20, func(a *fleet.Agent) { a.Assignment = fleet.Assignment{ConfigID: config, Version: 1} }),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckOfASoundStore(t *testing.T) {
	path := soundFile(t)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stats, problems, err := bolt.Check(path)
	if err != nil || len(problems) != 0 {
		t.Fatalf("Check() = %q, %v, want nothing wrong", problems, err)
	}
	want := []bolt.BucketStats{
		{Name: "agents", Records: 20},
		{Name: "bodies", Records: 21},
		{Name: "body_refs", Records: 21},
		{Name: "configs", Records: 1},
		{Name: "config_names", Records: 1},
		{Name: "versions", Records: 2},
		{Name: "tokens", Records: 1},
		{Name: "history", Records: 1},
	}
	if !slices.Equal(stats.Buckets, want) || stats.Schema != 2 || !stats.StoppedAt.Equal(began) {
		t.Errorf("Check() = %+v, want schema 2, stopped at %v and %v", stats, began, want)
	}
	if stats.Size != int64(len(file)) || stats.Used == 0 || stats.Used+stats.Free > stats.Size {
		t.Errorf("Check() = %d bytes used and %d free of %d, and the file has %d", stats.Used, stats.Free, stats.Size, len(file))
	}
	if again, err := bolt.ReadStats(path); err != nil || !slices.Equal(again.Buckets, want) || again.Used != stats.Used {
		t.Errorf("ReadStats() = %+v, %v, want what Check says: %+v", again, err, stats)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, file) {
		t.Errorf("looking at the store has changed it (%v)", err)
	}
}

// TestCheckOfRecordsThatDisagree: what each record says for itself is fine.
func TestCheckOfRecordsThatDisagree(t *testing.T) {
	first := func(b *bbolt.Bucket) []byte { key, _ := b.Cursor().First(); return key }
	for _, c := range []struct {
		bucket string
		change func(b *bbolt.Bucket) error
		want   string
	}{
		{"config_names", func(b *bbolt.Bucket) error { return b.Delete([]byte("edge")) }, `is called "edge"`},
		{"configs", func(b *bbolt.Bucket) error { return b.Delete(first(b)) }, "belongs to the configuration"},
		{"versions", func(b *bbolt.Bucket) error { return b.Delete(first(b)) }, "is assigned version 1"},
		{"versions", func(b *bbolt.Bucket) error { key, _ := b.Cursor().Last(); return b.Delete(key) }, `"edge" is at version 2`},
		{"agents", func(b *bbolt.Bucket) error { return b.Delete(first(b)) }, "are counted"},
		{"bodies", func(b *bbolt.Bucket) error { return b.Delete(first(b)) }, "the counts of bodies do not add up"},
		{"bodies", func(b *bbolt.Bucket) error { return b.Put([]byte("12345678"), nil) }, "is nobody's"},
		{"body_refs", func(b *bbolt.Bucket) error { return b.Delete(first(b)) }, "which is not there"},
		{"tokens", func(b *bbolt.Bucket) error { return b.Put([]byte("t"), []byte("x")) }, `the record "t" of tokens`},
		{"history", func(b *bbolt.Bucket) error { return b.Put(first(b), []byte("xxxxxxxxx")) }, "of history"},
		{"meta", func(b *bbolt.Bucket) error { return b.Put([]byte("stopped_at"), []byte("xxxxxxxxx")) }, "checksum"},
	} {
		t.Run(c.bucket+": "+c.want, func(t *testing.T) {
			path := soundFile(t)
			changeFile(t, path, func(tx *bbolt.Tx) error { return c.change(tx.Bucket([]byte(c.bucket))) })
			_, problems, err := bolt.Check(path)
			if err != nil || !strings.Contains(strings.Join(problems, "\n"), c.want) {
				t.Errorf("Check() = %q, %v, want %q", problems, err, c.want)
			}
		})
	}
}

func changeFile(t *testing.T, path string, change func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(change); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCheckOfDamagedPages: Check survives every damage, and what it finds
// nothing wrong with holds what was written.
func TestCheckOfDamagedPages(t *testing.T) {
	path := soundFile(t)
	want := readEverything(t, open(t, bolt.Options{Path: path}))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	used := int(binary.NativeEndian.Uint64(whole[16+40:])) // pages, as the header says
	whole = whole[:used*page]
	random := rand.New(rand.NewPCG(4, 4))
	noise := make([]byte, page)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	noticed := 0
	for n := range used {
		for name, overwrite := range map[string]func(p []byte){
			"zeros":      func(p []byte) { clear(p) },
			"noise":      func(p []byte) { copy(p, noise) },
			"other page": func(p []byte) { copy(p, whole[(max(n, 1)-1)*page:]) },
			"flipped":    func(p []byte) { p[random.IntN(page)] ^= byte(1 + random.IntN(255)) },
			"count":      func(p []byte) { p[10+random.IntN(2)] ^= byte(1 + random.IntN(255)) },
			"head":       func(p []byte) { p[random.IntN(128)] ^= byte(1 + random.IntN(255)) },
			"own number": func(p []byte) { copy(p[24:], p[:8]) }, // in a branch page: it leads to itself
		} {
			file := bytes.Clone(whole)
			overwrite(file[n*page : (n+1)*page])
			what := fmt.Sprintf("page %d, %s", n, name)
			damaged := filepath.Join(t.TempDir(), "fleet.db")
			if err := os.WriteFile(damaged, file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, problems, err := bolt.Check(damaged)
			if err != nil && fleet.KindOf(err) != fleet.Conflict {
				t.Errorf("%s: Check() = %v (%v), want problems, or that it is not a store of ours", what, err, fleet.KindOf(err))
			}
			if err != nil || len(problems) > 0 {
				noticed++
				continue
			}
			if n < 2 {
				continue // of two headers one is enough: the commit before counts then
			}
			if got := readEverything(t, open(t, bolt.Options{Path: damaged})); !bytes.Equal(got, want) {
				t.Errorf("%s: Check() finds nothing wrong, and the store holds something else", what)
			}
		}
	}
	if noticed < 3*used {
		t.Errorf("%d damages to %d pages were noticed, want most", noticed, used)
	}
}

func TestCheckRefuses(t *testing.T) {
	path := soundFile(t)
	missing := filepath.Join(t.TempDir(), "missing.db")
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("not a store"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := bolt.Check(missing)
	wantError(t, "Check(missing)", err, fleet.NotFound, missing)
	_, _, err = bolt.Check(filepath.Dir(path))
	wantError(t, "Check(directory)", err, fleet.Conflict, "is not a file")
	if _, problems, err := bolt.Check(text); err != nil || len(problems) != 1 || !strings.Contains(problems[0], "header") {
		t.Errorf("Check(text) = %q, %v, want that it has no header", problems, err)
	}
	_, err = bolt.ReadStats(text)
	wantError(t, "ReadStats(text)", err, fleet.Internal, text, "is damaged")

	s := open(t, bolt.Options{Path: path})
	_, _, err = bolt.Check(path)
	wantError(t, "Check(in use)", err, fleet.Unavailable, path, "locked")
	if !bolt.IsLocked(err) {
		t.Errorf("IsLocked(%v) = false, want true", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	changeFile(t, path, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, 3))
	})
	_, _, err = bolt.Check(path)
	wantError(t, "Check(newer)", err, fleet.Conflict, path, "newer version of ollystack (its schema is 3")
}
