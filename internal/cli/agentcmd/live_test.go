package agentcmd

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

// watched is a fleet of so many agents on a screen.
type watched struct {
	live

	out   bytes.Buffer
	known agents
	now   time.Time
}

func watch(t *testing.T, screen cli.Screen, size int) *watched {
	t.Helper()
	w := &watched{known: agents{}, now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	w.World = cli.World{Stdout: &w.out, Screen: screen, Now: func() time.Time { return w.now }}
	var all []*client.Agent
	for n := range size {
		a := &client.Agent{ID: fmt.Sprint(n), Name: fmt.Sprintf("edge-%05d", n), Status: "healthy"}
		a.Config.Status = "unassigned"
		w.known[a.ID] = a
		all = append(all, a)
	}
	w.tell(t, all...)
	return w
}

// tell shows what has changed, and forgets what was written before.
func (w *watched) tell(t *testing.T, changed ...*client.Agent) string {
	t.Helper()
	w.out.Reset()
	for _, a := range changed {
		if w.known[a.ID] = a; a.Status == "gone" {
			delete(w.known, a.ID)
		}
	}
	if err := w.show(w.known, changed); err != nil {
		t.Fatal(err)
	}
	return w.out.String()
}

var moves = regexp.MustCompile(`\r?\x1b\[(2K|J|\d+A|H|2J)`)

// rows is what a frame leaves on the screen.
func rows(frame string) []string {
	return strings.Split(strings.TrimSuffix(moves.ReplaceAllString(frame, ""), "\n"), "\n")
}

// TestLive: a screen of any size holds what 10,000 agents do, and is written over and never scrolled.
func TestLive(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {48, 10}, {40, 10}, {200, 60}} {
		w := watch(t, cli.Screen{Width: size[0], Height: size[1], Moves: true}, 10_000)
		var changed []*client.Agent
		for n := range 200 {
			a := *w.known[fmt.Sprint(9000+n)]
			a.Status = "unhealthy"
			changed = append(changed, &a)
		}
		frame := w.tell(t, changed...)
		got := rows(frame)
		if len(got) != size[1]-1 || !strings.HasPrefix(frame, fmt.Sprintf("\r\x1b[%dA", size[1]-1)) {
			t.Errorf("on %v the frame has %d rows, after %q; want one less than fit, over those before", size, len(got), frame[:10])
		}
		for _, row := range got {
			if n := utf8.RuneCountInString(row); n >= size[0] {
				t.Errorf("on %v a row has %d columns: %s", size, n, row)
			}
		}
		if size[0] == 80 {
			const numbers = "12:00:00  10000 agents: 9800 healthy, 200 unhealthy; 200 just changed"
			if got[0] != numbers || got[1] != "configurations: 10000 unassigned" || got[4] != "12:00:00  edge-09000  unhealthy  -       unassigned" || got[22] != "and 9982 more" {
				t.Errorf("frame =\n%s\nwant the numbers, and those that have changed", strings.Join(got, "\n"))
			}
		}
	}
}

// TestLiveSmall: where all agents fit each has its place; what is gone is shown as such, and what goes wrong is said until it is over.
func TestLiveSmall(t *testing.T) {
	t.Parallel()
	w := watch(t, cli.Screen{Width: 60, Height: 24, Moves: true}, 3)
	first, gone := *w.known["1"], *w.known["2"]
	first.Name, first.Status, gone.Status = "edge-00001\x1b[2J北", "disconnected", "gone"
	const want = `12:00:00  2 agents: 1 healthy, 1 disconnected; 2 just chan…
configurations: 2 unassigned

TIME      NAME                   STATUS        CONFIG
-         edge-00000             healthy       -
12:00:00  edge-00001\u001b[2J北  disconnected  -
12:00:00  edge-00002             gone          -`
	if got := strings.Join(rows(w.tell(t, &first, &gone)), "\n"); got != want {
		t.Errorf("frame =\n%s\nwant\n%s", got, want)
	}
	var early bytes.Buffer
	if (&live{World: cli.World{Stdout: &early, Screen: w.Screen}}).say("busy"); strings.Join(rows(early.String()), "|") != "busy" {
		t.Errorf("before anything is known the frame is %q, want what goes wrong alone", &early)
	}
	w.out.Reset()
	w.say("the stream broke: \x1b[31mEOF")
	if got := rows(w.out.String())[0]; got != `the stream broke: \u001b[31mEOF` {
		t.Errorf("first row = %q, want what went wrong", got)
	}
	if got := rows(w.tell(t))[0]; got != "12:00:00  2 agents: 1 healthy, 1 disconnected" {
		t.Errorf("first row = %q, want nothing wrong any more", got)
	}
	w.now = w.now.Add(2 * mourned)
	if got := w.tell(t); strings.Contains(got, "gone") {
		t.Errorf("frame = %s, want what is gone forgotten after a while", got)
	}
	w.out.Reset()
	if err := w.look(); err != nil || w.out.Len() > 0 {
		t.Errorf("look at a terminal that has not changed = %v, and writes %q", err, &w.out)
	}
	w.Screen.Width = 50
	if err := w.look(); err != nil || !strings.HasPrefix(w.out.String(), "\x1b[H\x1b[2J") {
		t.Errorf("look at a terminal of another width = %v, and writes %q, want all anew", err, &w.out)
	}
}
