package app

import (
	"context"
	"log/slog"
	"strings"
)

// quietHandshakes takes what net/http logs and lowers what clients do wrong,
// such as a port scanner's TLS handshake, to Debug. What is left, such as a
// listener out of file descriptors, an operator should see.
type quietHandshakes struct{ slog.Handler }

// Handle implements slog.Handler.
func (h quietHandshakes) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "http: TLS handshake error") || strings.HasPrefix(r.Message, "http: URL query contains semicolon") {
		r.Level = slog.LevelDebug
		if !h.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, r)
}
