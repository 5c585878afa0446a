package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

// rolesOf lists the roles of the tokens in a store, sorted.
func rolesOf(t *testing.T, store fleet.Store) []fleet.Role {
	t.Helper()
	var roles []fleet.Role
	err := store.View(t.Context(), func(tx fleet.Tx) error {
		for token, err := range tx.Tokens() {
			if err != nil {
				return err
			}
			roles = append(roles, token.Role)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(roles)
	return roles
}

// lets reports whether the text in a file is a token that the store knows.
func lets(t *testing.T, store fleet.Store, dir, file string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	m, err := fleet.Open(t.Context(), fleet.Options{Store: store, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	_, ok := m.Authenticate(strings.TrimSpace(string(text)))
	if err := m.Close(t.Context()); err != nil {
		t.Errorf("close the fleet: %v", err)
	}
	return ok
}

func put(t *testing.T, store fleet.Store, role fleet.Role) {
	t.Helper()
	token, _, err := fleet.NewToken("other", role)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Update(t.Context(), func(tx fleet.Tx) error { return tx.PutToken(token) }); err != nil {
		t.Fatal(err)
	}
}

func TestEnsureTokens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		there []fleet.Role
		want  []fleet.Role
		files []string
	}{
		{"first start", nil, []fleet.Role{fleet.RoleAdmin, fleet.RoleAgent}, []string{AdminTokenFile, EnrolmentTokenFile}},
		{"tokens made in mode none", []fleet.Role{fleet.RoleRead}, []fleet.Role{fleet.RoleAdmin, fleet.RoleAgent, fleet.RoleRead}, []string{AdminTokenFile, EnrolmentTokenFile}},
		{"the admin token is gone", []fleet.Role{fleet.RoleAgent}, []fleet.Role{fleet.RoleAdmin, fleet.RoleAgent}, []string{AdminTokenFile}},
		{"no agents wanted", []fleet.Role{fleet.RoleAdmin}, []fleet.Role{fleet.RoleAdmin}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store, dir := mem.New(), t.TempDir()
			for _, role := range c.there {
				put(t, store, role)
			}
			for range 2 { // the second start changes nothing
				if err := ensureTokens(t.Context(), store, dir, time.Now(), slog.New(slog.DiscardHandler)); err != nil {
					t.Fatalf("ensureTokens = %v", err)
				}
				if got := rolesOf(t, store); !slices.Equal(got, c.want) {
					t.Errorf("roles in the store = %v, want %v", got, c.want)
				}
				if got := namesIn(t, dir); !slices.Equal(got, c.files) {
					t.Errorf("files = %v, want %v", got, c.files)
				}
				for _, file := range c.files {
					if !lets(t, store, dir, file) {
						t.Errorf("the store does not know the token in %s", file)
					}
				}
			}
		})
	}
}

func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// fullDisk is a store whose updates fail.
type fullDisk struct{ fleet.Store }

func (fullDisk) Update(context.Context, func(fleet.Tx) error) error { return errors.New("disk full") }

// TestEnsureTokensAfterCrash: a start that ends between the files and the store
// leaves tokens that nobody knows; the next one replaces them.
func TestEnsureTokensAfterCrash(t *testing.T) {
	t.Parallel()
	store, dir := mem.New(), t.TempDir()
	if err := ensureTokens(t.Context(), fullDisk{store}, dir, time.Now(), slog.New(slog.DiscardHandler)); err == nil {
		t.Fatal("ensureTokens on a full disk = nil, want an error")
	}
	if lets(t, store, dir, AdminTokenFile) {
		t.Fatal("the store knows a token that it could not write")
	}
	if err := ensureTokens(t.Context(), store, dir, time.Now(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatalf("ensureTokens = %v", err)
	}
	for _, file := range []string{AdminTokenFile, EnrolmentTokenFile} {
		if !lets(t, store, dir, file) {
			t.Errorf("the store does not know the token in %s", file)
		}
	}
}

func TestEnsureTokensNamesTheFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "missing")
	err := ensureTokens(t.Context(), mem.New(), dir, time.Now(), slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, AdminTokenFile)) {
		t.Errorf("ensureTokens without its directory = %v, want an error that names the file", err)
	}
}
