package agentcmd

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

const (
	// usualHeight is that of a terminal that does not say.
	usualHeight = 24
	// leastRows is how many agents are shown, however low the terminal is.
	leastRows = 3
	// mourned is how long an agent that is gone is shown as such.
	mourned = time.Minute
)

// live keeps one screen of a terminal up to date. It is written over in one go, row by row, so that it does not flicker, and is
// lower than the terminal, so that nothing scrolls away.
type live struct {
	cli.World

	agents  []*client.Agent      // all that are there, or were until a moment ago; by name
	changes map[string]time.Time // when an agent changed last, by id; none for what has not
	begun   bool
	told    time.Time // when the server said this
	latest  int       // how many changed the last time
	trouble string

	drawn         int   // rows that are on the screen
	widths        []int // of the columns, so that they keep their places
	width, height int   // of the terminal then
}

func (l *live) say(text string) {
	l.trouble = text
	_ = l.draw() // the next time tells
}

func (l *live) show(known agents, changed []*client.Agent) error {
	now := l.Present()
	l.told = now
	l.trouble, l.latest = "", 0
	if l.begun {
		l.latest = len(changed)
		for _, a := range changed {
			l.changes[a.ID] = now
		}
	} else {
		l.begun, l.changes = true, map[string]time.Time{}
	}
	l.agents = slices.DeleteFunc(append(l.agents, changed...), func(a *client.Agent) bool {
		return known[a.ID] != nil || a.Status != "gone" || now.Sub(l.changes[a.ID]) > mourned
	})
	for _, a := range known {
		l.agents = append(l.agents, a)
	}
	for id, at := range l.changes {
		if known[id] == nil && now.Sub(at) > mourned {
			delete(l.changes, id)
		}
	}
	slices.SortFunc(l.agents, byName)
	return l.draw()
}

func (l *live) look() error {
	if screen := l.screen(); l.drawn > 0 && (l.width != screen.Width || l.height != screen.Height) {
		return l.draw()
	}
	return nil
}

// screen is the terminal as it is now.
func (l *live) screen() cli.Screen {
	screen := l.Look()
	if screen.Width == 0 { // it is none of the system's
		screen = l.Screen
	}
	screen.Height = cmp.Or(screen.Height, usualHeight)
	return screen
}

// draw writes the screen over what was drawn before.
func (l *live) draw() error {
	screen := l.screen()
	var out bytes.Buffer
	switch {
	case l.drawn > 0 && (l.width != screen.Width || l.height != screen.Height):
		out.WriteString("\x1b[H\x1b[2J") // its rows are anywhere now
		l.widths = nil
	case l.drawn > 0:
		fmt.Fprintf(&out, "\r\x1b[%dA", l.drawn)
	}
	l.width, l.height = screen.Width, screen.Height
	screen.Width-- // a full row would leave the cursor in doubt
	lines := l.frame(screen, screen.Height-1)
	for _, line := range lines {
		out.WriteString("\x1b[2K" + line + "\n")
	}
	out.WriteString("\x1b[J")
	l.drawn = len(lines)
	_, err := l.Stdout.Write(out.Bytes())
	return err
}

// frame is what is on the screen, in at most so many rows.
func (l *live) frame(screen cli.Screen, most int) []string {
	var lines []string
	if l.trouble != "" {
		lines = append(lines, screen.Paint(cli.Red, cli.Fit(l.trouble, screen.Width)))
	}
	if !l.begun {
		return lines
	}
	lines = append(append(lines, l.numbers(screen)...), "")
	rows := max(leastRows, most-len(lines)-1) // but for the titles
	all := l.agents
	if len(all) > rows {
		rows--
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b *client.Agent) int {
			return cmp.Or(l.changes[b.ID].Compare(l.changes[a.ID]), cmp.Compare(urgency(a), urgency(b)))
		})
		all = all[:rows]
	}
	t := watchTable(screen, l.widths)
	for _, a := range all {
		at := ""
		if changed := l.changes[a.ID]; !changed.IsZero() {
			at = changed.UTC().Format(time.TimeOnly)
		}
		t.Row(watchRow(at, a)...)
	}
	var table bytes.Buffer
	l.widths, _ = t.Continue(&table, screen, nil) // never fails
	lines = append(lines, strings.Split(strings.TrimSuffix(table.String(), "\n"), "\n")...)
	if more := len(l.agents) - len(all); more > 0 {
		lines = append(lines, cli.Fit(fmt.Sprintf("and %d more", more), screen.Width))
	}
	return lines
}

// urgency is less for what needs attention more.
func urgency(a *client.Agent) int {
	switch {
	case a.Status == "unhealthy" || a.Config.Status == "failed":
		return 0
	case a.Status == "disconnected":
		return 1
	}
	return 2
}

// numbers are how many agents there are, by their status and that of their configuration.
func (l *live) numbers(screen cli.Screen) []string {
	status, config, total := map[string]int{}, map[string]int{}, 0
	for _, a := range l.agents {
		if a.Status != "gone" {
			total++
			status[a.Status]++
			config[a.Config.Status]++
		}
	}
	said := func(names []string, of map[string]int) string {
		var parts []string
		for _, name := range names {
			if of[name] > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", of[name], name))
			}
		}
		return strings.Join(parts, ", ")
	}
	now := l.told.UTC().Format(time.TimeOnly)
	lines := []string{fmt.Sprintf("%s  %s: %s", now, cli.Count(total, "agent"), said(statuses, status))}
	if l.latest > 0 {
		lines[0] += fmt.Sprintf("; %d just changed", l.latest)
	}
	if total == 0 {
		lines = []string{now + "  no agents"}
	} else {
		lines = append(lines, "configurations: "+said(configStatuses, config))
	}
	for i := range lines {
		lines[i] = cli.Fit(lines[i], screen.Width)
	}
	return lines
}
