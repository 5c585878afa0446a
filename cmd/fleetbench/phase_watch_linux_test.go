package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// script is a --watch value: a shell that runs the text.
func script(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "looker")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "--watch=/bin/sh " + file + " {api}"
}

func TestWatchPhase(t *testing.T) {
	looker := script(t, `trap 'exit 0' INT
test -t 1 && text=$(printf %1000s "$1") || text=$1
while :; do echo "$text"; sleep 0.01; done`)
	code, got := runTool(t, execStandin(t, ""), "--phases=connect,watch", "--watch-for=300ms", "--changes=100", looker)
	if code != exitOK || got.Watch == nil || len(got.Watch.Commands) != 2 {
		t.Fatalf("exit code = %d with failures %q and %+v, want 0 and figures on a terminal and of a pipe", code, got.Failures, got.Watch)
	}
	if u := got.Watch.Unwatched; u.Changes < 10 || u.Seconds < 0.3 || u.CPUPercent != 0 || u.ServerCPUPercent <= 0 {
		t.Errorf("unwatched = %+v, want changes, and only the server busy", u)
	}
	for i, w := range got.Watch.Commands {
		if w.Terminal != (i == 0) || w.Changes < 10 || w.CPUPercent <= 0 || w.RSSMiB <= 0 || w.BytesPerSecond <= 0 {
			t.Errorf("command %d = %+v, want what it used and wrote", i, w)
		}
	}
	if on, off := got.Watch.Commands[0].BytesPerSecond, got.Watch.Commands[1].BytesPerSecond; on <= off {
		t.Errorf("bytes written each second = %v on a terminal and %v into a pipe; want the script to have known which is which", on, off)
	}
}

func TestWatchPhaseFails(t *testing.T) {
	for text, want := range map[string]string{
		"echo cannot see >&2; exit 3": "cannot see",
		// It takes no interruption for what it is.
		"trap 'echo hurt; exit 4' INT; while :; do echo x; sleep 0.01; done": "hurt",
	} {
		code, got := runTool(t, execStandin(t, ""), "--phases=connect,watch", "--watch-for=50ms", script(t, text))
		if code != exitMissed || len(got.Failures) != 1 || !strings.Contains(got.Failures[0], want) {
			t.Errorf("%s: exit code = %d with failures %q, want 1 and its last words", text, code, got.Failures)
		}
	}
}

// TestFlip: a change is one that a server can see, and the next takes it back.
func TestFlip(t *testing.T) {
	s, err := newSwarm(options{agents: 1, effectiveSize: 4096, endpoint: "ws://127.0.0.1:1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.agents[0].flip(); err == nil || s.agents[0].ill {
		t.Errorf("flip while offline = %v, ill %v; want an error and no change", err, s.agents[0].ill)
	}
	for _, ill := range []bool{true, false} {
		if h := health(s.start, 1, ill); h.Healthy == ill || (h.LastError != "") != ill || len(h.ComponentHealthMap) != 2 {
			t.Errorf("health(ill %v) = %v", ill, h)
		}
	}
}
