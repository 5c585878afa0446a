//go:build linux

package main

import (
	"strings"
	"testing"
)

// TestWatchOnATerminal: one screen is kept up to date, and what is printed when it ends is still there.
func TestWatchOnATerminal(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	first := connectAgent(t, p.url, &simulated{name: "edge-1\x1b[2J"})
	x := onTerminal(t, []string{"OLLYSTACK_SERVER=" + p.url, "NO_COLOR=1"}, "agents", "watch")
	x.shows(t, "  1 agent: 1 healthy\r\n")
	x.shows(t, `edge-1\u001b[2J  healthy`)
	connectAgent(t, p.url, &simulated{name: "edge-2", sick: "it is"})
	x.shows(t, "\r\x1b[5A") // over the two rows of numbers, the empty one, the titles and the agent
	x.shows(t, "  2 agents: 1 healthy, 1 unhealthy; 1 just changed\r\n")
	first.disconnect()
	x.shows(t, "  2 agents: 1 unhealthy, 1 disconnected; 1 just changed\r\n")
	x.shows(t, `edge-1\u001b[2J  disconnected`)
	x.types(t, interrupt)
	x.shows(t, "^C\r\n") // the shell's prompt begins a line
	x.ends(t, 0)
	if strings.Contains(x.screen.String(), "\x1b[2J") {
		t.Errorf("the terminal got\n%q\nwant no name obeyed", &x.screen)
	}

	x = onTerminal(t, []string{"OLLYSTACK_SERVER=" + p.url, "TERM=dumb"}, "agents", "watch")
	x.shows(t, "TIME ")
	x.shows(t, "unhealthy")
	x.types(t, interrupt)
	x.ends(t, 0)
	if strings.Contains(x.screen.String(), "\x1b") {
		t.Errorf("a terminal that can do nothing got\n%q", &x.screen)
	}
}
