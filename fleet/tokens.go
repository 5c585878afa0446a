package fleet

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// tokenPrefix makes a token recognisable, to people and to scanners for leaked secrets.
const tokenPrefix = "olly_"

func tokenHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Authenticate finds out who bears a token. The look-up is by hash, so its
// time tells nothing of the text.
func (m *Manager) Authenticate(text string) (Caller, bool) {
	hash := tokenHash(text)
	m.lock()
	defer m.unlock()
	t, ok := m.tokens[hash]
	if !ok {
		return Caller{}, false
	}
	return Caller{TokenID: t.ID, Name: t.Name, Role: t.Role}, true
}

// TokenCaller tells who bears the token of this id, for an edge that has
// authenticated its bearer before; false where it has been revoked since.
func (m *Manager) TokenCaller(id string) (Caller, bool) {
	m.lock()
	defer m.unlock()
	t, ok := m.tokenByID[id]
	if !ok {
		return Caller{}, false
	}
	return Caller{TokenID: t.ID, Name: t.Name, Role: t.Role}, true
}

// addToken takes a token into memory.
func (m *Manager) addToken(t Token) {
	m.tokens[t.Hash], m.tokenByID[t.ID] = t, t
}

// NewToken makes a token and its text, which is not kept anywhere.
func NewToken(name string, role Role) (Token, string, error) {
	switch role {
	case RoleAdmin, RoleRead, RoleAgent:
	default:
		return Token{}, "", Errorf(Invalid, "role %q is none of admin, read, agent", role)
	}
	if name == "" || len(name) > 128 || !printable(name) {
		return Token{}, "", Errorf(Invalid, "a token's name is 1 to 128 printable characters")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Token{}, "", err
	}
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	text := tokenPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
	return Token{ID: id.String(), Name: name, Role: role, Hash: tokenHash(text)}, text, nil
}

// CreateToken makes and stores a token; the text is told this once. Errors: Invalid.
func (m *Manager) CreateToken(ctx context.Context, name string, role Role) (Token, string, error) {
	t, text, err := NewToken(name, role)
	if err != nil {
		return Token{}, "", err
	}
	t.CreatedAt = m.now()
	m.writing.Lock()
	defer m.writing.Unlock()
	if err := m.o.Store.Update(ctx, func(tx Tx) error { return tx.PutToken(t) }); err != nil {
		return Token{}, "", err
	}
	m.lock()
	defer m.unlock()
	m.addToken(t)
	return t, text, nil
}

// Tokens lists the tokens, oldest first.
func (m *Manager) Tokens() []Token {
	m.lock()
	defer m.unlock()
	list := make([]Token, 0, len(m.tokens))
	for _, t := range m.tokens {
		list = append(list, t)
	}
	slices.SortFunc(list, func(x, y Token) int { return strings.Compare(x.ID, y.ID) })
	return list
}

// RevokeToken removes a token. What comes with it next is refused; connections that were made with it are
// for their edge to end, which asks TokenCaller. Errors: NotFound.
func (m *Manager) RevokeToken(ctx context.Context, id string) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	if err := m.o.Store.Update(ctx, func(tx Tx) error { return tx.DeleteToken(id) }); err != nil {
		return err
	}
	m.lock()
	defer m.unlock()
	if t, ok := m.tokenByID[id]; ok {
		delete(m.tokens, t.Hash)
		delete(m.tokenByID, id)
	}
	return nil
}
