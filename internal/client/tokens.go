package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Token is a token of the API or of agents.
type Token struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Role      string    `json:"role"`
	CreatedAt time.Time `json:"created_at"`
	Text      string    `json:"token,omitempty"` // once, where it is made
}

// CreateToken makes a token; its text is in the answer and nowhere else.
func (c *Client) CreateToken(ctx context.Context, name, role string) (Token, error) {
	var t Token
	_, err := c.do(ctx, call{method: http.MethodPost, path: []string{"tokens"}, in: map[string]string{"name": name, "role": role}}, &t)
	return t, err
}

// Tokens lists the tokens, without their texts.
func (c *Client) Tokens(ctx context.Context) iter.Seq2[Token, error] {
	return pages[Token](ctx, c, []string{"tokens"}, nil, "tokens")
}

// RevokeToken ends a token.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, path: []string{"tokens", id}}, nil)
	return err
}
