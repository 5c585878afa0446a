//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ollystack/control-plane/internal/cli"

	"github.com/ollystack/control-plane/internal/settings"
)

// runInJournal runs a command whose outputs are the journal's, until the text is in it, and returns what it wrote.
func runInJournal(t *testing.T, until string, args ...string) string {
	t.Helper()
	journal, err := os.Create(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	var stat syscall.Stat_t
	if err := syscall.Fstat(int(journal.Fd()), &stat); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, surroundings{
			World: cli.World{
				Environ: []string{noSettingsFile, fmt.Sprintf("JOURNAL_STREAM=%d:%d", stat.Dev, stat.Ino)},
				Stdin:   strings.NewReader(""), Stdout: journal, Stderr: journal,
			},
			args: args,
		})
	}()
	for deadline := time.Now().Add(patience); ; runtime.Gosched() {
		written, err := os.ReadFile(journal.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(written), until) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %q in the journal after %v:\n%s", until, patience, written)
		}
	}
	cancel()
	<-ended
	written, err := os.ReadFile(journal.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

// TestJournal: each line has its priority and no time, and there are no hints for a person.
func TestJournal(t *testing.T) {
	t.Parallel()
	log := runInJournal(t, "msg=ready", "serve", "--listen", "127.0.0.1:0", "--auth-mode", "token", "--data-dir", t.TempDir())
	priorities := map[string]int{}
	for line := range strings.Lines(log) {
		priority, rest, _ := strings.Cut(line, "level=")
		if rest == "" || (priority != priorityInfo && priority != priorityWarning) {
			t.Errorf("line in the journal = %q, want its priority, then its level", line)
		}
		priorities[priority]++
	}
	if priorities[priorityWarning] == 0 || priorities[priorityInfo] < 3 {
		t.Errorf("lines by priority = %v, want the warning of tokens without TLS, and more that inform:\n%s", priorities, log)
	}
}

// TestJournalFaults: why it does not start is an error on each of its lines.
func TestJournalFaults(t *testing.T) {
	t.Parallel()
	log := runInJournal(t, "--help", "serve", "--listen", "nowhere", "--guard-max-agents", "many", "--nosuch")
	log += runInJournal(t, "guard.max_agents", "serve", "--listen", "nowhere", "--guard-max-agents", "many")
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, priorityError) {
			t.Errorf("line in the journal = %q, want %s before it", line, priorityError)
		}
	}
}

// TestJournalHandler: priorities, groups and attributes survive; JSON keeps its time.
func TestJournalHandler(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(newJournalHandler(&out, settings.Log{Level: slog.LevelDebug, Format: settings.LogText})).With("a", 1).WithGroup("g")
	log.Debug("one", "time", "kept")
	log.Info("two")
	log.Warn("three")
	log.Error("four", "err", "two\nlines")
	want := "<7>level=DEBUG msg=one a=1 g.time=kept\n<6>level=INFO msg=two a=1\n<4>level=WARN msg=three a=1\n<3>level=ERROR msg=four a=1 g.err=\"two\\nlines\"\n"
	if out.String() != want {
		t.Errorf("text = \n%s want\n%s", out.String(), want)
	}
	out.Reset()
	asJSON := slog.New(newJournalHandler(&out, settings.Log{Format: settings.LogJSON}))
	asJSON.Debug("not logged")
	asJSON.Info("logged")
	if got := out.String(); !strings.HasPrefix(got, `<6>{"time":"`) || strings.Contains(got, "not logged") {
		t.Errorf("JSON = %s, want one line with its time", got)
	}
}
