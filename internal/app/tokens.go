package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// ensureTokens makes an admin token where the store has none, and with it an
// enrolment token where there is no token for agents. The texts are left in
// files of dir; the store keeps their hashes.
//
// The files are written before the store. A crash in between leaves files whose
// tokens nobody knows, and the next start, which still finds none in the store,
// replaces them. The other way round, it would leave a server that lets nobody in.
func ensureTokens(ctx context.Context, store fleet.Store, dir string, now time.Time, log *slog.Logger) error {
	roles := map[fleet.Role]bool{}
	err := store.View(ctx, func(tx fleet.Tx) error {
		for t, err := range tx.Tokens() {
			if err != nil {
				return err
			}
			roles[t.Role] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	if roles[fleet.RoleAdmin] {
		return nil
	}
	firsts := []struct {
		role fleet.Role
		name string
		file string
	}{
		{fleet.RoleAdmin, "first admin", AdminTokenFile},
		{fleet.RoleAgent, "first enrolment", EnrolmentTokenFile},
	}
	var tokens []fleet.Token
	for _, first := range firsts {
		if roles[first.role] {
			continue
		}
		t, text, err := fleet.NewToken(first.name, first.role)
		if err != nil {
			return err
		}
		t.CreatedAt = now
		path := filepath.Join(dir, first.file)
		if err := replaceFile(dir, first.file, text); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		tokens = append(tokens, t)
		log.Info("made a token", "role", string(first.role), "file", path)
	}
	return store.Update(ctx, func(tx fleet.Tx) error {
		for _, t := range tokens {
			if err := tx.PutToken(t); err != nil {
				return err
			}
		}
		return nil
	})
}
