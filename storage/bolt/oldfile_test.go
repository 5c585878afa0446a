package bolt_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

var update = flag.Bool("update", false, "write testdata/v2.db.gz and v2.json anew: only before that version is released")

// everything is all that a store holds, to be compared as JSON.
type everything struct {
	Agents    []fleet.Agent
	Effective []fleet.EffectiveConfig
	Lists     []fleet.Components
	Configs   []fleet.Config
	Versions  []fleet.Version
	Tokens    []fleet.Token
	StoppedAt string
	Samples   []fleet.Sample `json:",omitempty"` // since schema 2
}

func readEverything(t *testing.T, s *bolt.Store) []byte {
	t.Helper()
	var all everything
	err := s.View(t.Context(), func(tx fleet.Tx) error {
		for a, err := range tx.Agents(fleet.InstanceUID{}) {
			if err != nil {
				return err
			}
			all.Agents = append(all.Agents, a)
			effective, err := tx.EffectiveConfig(a.EffectiveConfig)
			if err != nil {
				return err
			}
			all.Effective = append(all.Effective, effective)
			list, err := tx.Components(a.Components)
			if err != nil {
				return err
			}
			all.Lists = append(all.Lists, list)
		}
		for c, err := range tx.Configs() {
			if err != nil {
				return err
			}
			all.Configs = append(all.Configs, c)
			for v, err := range tx.Versions(c.ID) {
				if err != nil {
					return err
				}
				all.Versions = append(all.Versions, v)
			}
		}
		for token, err := range tx.Tokens() {
			if err != nil {
				return err
			}
			all.Tokens = append(all.Tokens, token)
		}
		for s, err := range tx.Samples() {
			if err != nil {
				return err
			}
			all.Samples = append(all.Samples, s)
		}
		at, err := tx.StoppedAt()
		all.StoppedAt = at.String()
		return err
	})
	if err != nil {
		t.Fatalf("reading everything = %v, want nil", err)
	}
	out, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

// TestOldFiles opens files as earlier versions left them and compares what they
// hold with what was in them then.
func TestOldFiles(t *testing.T) {
	if *update {
		writeOldFile(t)
	}
	files, err := filepath.Glob("testdata/v*.db.gz")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata holds %v, %v, want a file for each version", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "fleet.db")
			unzip(t, file, path)
			want, err := os.ReadFile(strings.TrimSuffix(file, ".db.gz") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			// It can be looked at as it is, and a backup of then be restored.
			stats, problems, err := bolt.Check(path)
			if schema := fmt.Sprintf("v%d.db.gz", stats.Schema); err != nil || len(problems) > 0 || schema != filepath.Base(file) {
				t.Errorf("Check(%s) = schema %d, %q, %v, want nothing wrong", file, stats.Schema, problems, err)
			}
			s := open(t, bolt.Options{Path: path})
			if got := readEverything(t, s); !bytes.Equal(got, want) {
				t.Errorf("%s holds\n%s\nwant\n%s", file, got, want)
			}
			if err := s.Update(t.Context(), func(tx fleet.Tx) error {
				return errors.Join(putFleet(tx, 2, 20, nil), tx.PutSample(fleet.Sample{At: began.Add(time.Hour), Healthy: 20}))
			}); err != nil {
				t.Errorf("Update() = %v, want nil", err)
			}
		})
	}
}

func unzip(t *testing.T, from, to string) {
	t.Helper()
	packed, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	file, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, file, 0o600); err != nil {
		t.Fatal(err)
	}
}

func writeOldFile(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fleet.db")
	s := open(t, bolt.Options{Path: path})
	id := fleet.ConfigID("0195f2b5-0000-7000-8000-000000000000")
	err := s.Update(t.Context(), func(tx fleet.Tx) error {
		for _, err := range []error{
			putFleet(tx, 0, 3, func(a *fleet.Agent) {
				a.Assignment = fleet.Assignment{ConfigID: id, Version: 2}
				a.Outcomes[0].Error = "exit code 1"
				a.RemoteConfigStatus.Error = strings.Repeat("yaml: line 3: did not find expected key\n", 40)
			}),
			tx.PutConfig(fleet.Config{
				ID: id, Name: "production-config", Description: "Production", Labels: map[string]string{"env": "production"},
				Selector: "env=production", Priority: -3, Version: 2, Hash: "\x01\x02", Revision: 7, CreatedAt: began, UpdatedAt: began,
			}),
			tx.PutVersion(fleet.Version{ConfigID: id, Number: 1, Body: sampleBody(1).Files[""].Body, Hash: "\x01\x01", CreatedAt: began}),
			tx.PutVersion(fleet.Version{ConfigID: id, Number: 2, Body: []byte("receivers: {}\n"), Hash: "\x01\x02", CreatedAt: began}),
			tx.PutToken(fleet.Token{ID: "0195f2b6-0000-7000-8000-000000000000", Name: "admin", Role: fleet.RoleAdmin, Hash: strings.Repeat("ab", 32), CreatedAt: began}),
			tx.PutSample(fleet.Sample{
				At: began, Healthy: 1, Unhealthy: 2, Disconnected: 300, Unknown: 4,
				Unassigned: 5, Unsupported: 6, Pending: 70_000, Applying: 8, Applied: 9, Failed: 10,
			}),
			tx.PutSample(fleet.Sample{At: began.Add(time.Minute)}),
			tx.SetStoppedAt(began),
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
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/v2.json", readEverything(t, s), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// Without the room that the file has to grow.
	small := path + ".small"
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(small, 0o600) }); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(small)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/v2.db.gz", packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
