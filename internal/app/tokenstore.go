package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

// TokenStore manages the tokens of a server that is stopped, in its store: for
// when the last admin token was lost. Make one with OpenTokenStore.
type TokenStore struct{ store fleet.Store }

// OpenTokenStore opens the store in a data directory. Errors: there is none, or
// a server has it open; each says so.
func OpenTokenStore(dataDir string) (*TokenStore, error) {
	path := StoreFile(dataDir)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no store %s: the server has not run with this data_dir yet", path)
	}
	store, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	return &TokenStore{store}, nil
}

// Create makes a token; its text is told this once. Errors: Invalid.
func (s *TokenStore) Create(ctx context.Context, name string, role fleet.Role) (fleet.Token, string, error) {
	t, text, err := fleet.NewToken(name, role)
	if err != nil {
		return fleet.Token{}, "", err
	}
	t.CreatedAt = time.Now()
	if err := s.store.Update(ctx, func(tx fleet.Tx) error { return tx.PutToken(t) }); err != nil {
		return fleet.Token{}, "", err
	}
	return t, text, nil
}

// List returns the tokens, oldest first.
func (s *TokenStore) List(ctx context.Context) ([]fleet.Token, error) {
	var tokens []fleet.Token
	err := s.store.View(ctx, func(tx fleet.Tx) error {
		for t, err := range tx.Tokens() {
			if err != nil {
				return err
			}
			tokens = append(tokens, t)
		}
		return nil
	})
	slices.SortFunc(tokens, func(x, y fleet.Token) int { return strings.Compare(x.ID, y.ID) })
	return tokens, err
}

// Revoke removes a token. Errors: NotFound.
func (s *TokenStore) Revoke(ctx context.Context, id string) error {
	return s.store.Update(ctx, func(tx fleet.Tx) error { return tx.DeleteToken(id) })
}

// Close closes the store.
func (s *TokenStore) Close() error { return s.store.Close() }
