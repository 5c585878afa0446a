package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/ollystack/control-plane/internal/settings"
)

// Priorities of syslog, as the journal reads them at the beginning of a line (sd-daemon(3)).
const (
	priorityError   = "<3>"
	priorityWarning = "<4>"
	priorityInfo    = "<6>"
	priorityDebug   = "<7>"
)

// journalHandler logs for the journal: a line begins with its priority. Text has
// no time, since the journal has its own; in JSON it stays, for programs that read it.
type journalHandler struct{ errors, warnings, infos, debugs slog.Handler }

func newJournalHandler(w io.Writer, l settings.Log) journalHandler {
	at := func(priority string) slog.Handler {
		return newHandler(prefixed{w, priority}, l, func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey && l.Format == settings.LogText {
				return slog.Attr{}
			}
			return a
		})
	}
	return journalHandler{at(priorityError), at(priorityWarning), at(priorityInfo), at(priorityDebug)}
}

func (h journalHandler) of(level slog.Level) slog.Handler {
	switch {
	case level >= slog.LevelError:
		return h.errors
	case level >= slog.LevelWarn:
		return h.warnings
	case level >= slog.LevelInfo:
		return h.infos
	}
	return h.debugs
}

func (h journalHandler) each(change func(slog.Handler) slog.Handler) journalHandler {
	return journalHandler{change(h.errors), change(h.warnings), change(h.infos), change(h.debugs)}
}

// Enabled implements slog.Handler.
func (h journalHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.of(level).Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h journalHandler) Handle(ctx context.Context, r slog.Record) error {
	return h.of(r.Level).Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h journalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.each(func(one slog.Handler) slog.Handler { return one.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (h journalHandler) WithGroup(name string) slog.Handler {
	return h.each(func(one slog.Handler) slog.Handler { return one.WithGroup(name) })
}

// prefixed begins what is written at once, a line, with a prefix.
type prefixed struct {
	io.Writer
	prefix string
}

func (p prefixed) Write(line []byte) (int, error) {
	n, err := p.Writer.Write(append([]byte(p.prefix), line...))
	return max(0, n-len(p.prefix)), err
}
