package agentcmd

import (
	"fmt"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

// stream prints a line for each change.
type stream struct {
	cli.World

	json   bool
	widths []int
}

func (s *stream) say(text string) { fmt.Fprintln(s.Stderr, text) }

func (*stream) look() error { return nil }

func (s *stream) show(_ agents, changed []*client.Agent) error {
	if len(changed) == 0 {
		return nil
	}
	if s.json {
		for _, a := range changed {
			if err := cli.PrintLine(s.Stdout, a); err != nil {
				return err
			}
		}
		return nil
	}
	t := watchTable(s.Screen, nil)
	now := cli.Time(s.Present())
	for _, a := range changed {
		t.Row(watchRow(now, a)...)
	}
	var err error
	if s.widths, err = t.Continue(s.Stdout, s.Screen, s.widths); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// roomy is how many columns a terminal has on which names need not be cut for the sake of the rest.
const roomy = 64

// watchTable is a table whose columns are as wide as they were at least; nil for the first.
func watchTable(screen cli.Screen, were []int) *cli.Table {
	narrow := screen.Width < roomy
	columns := []cli.Column{
		{Title: "TIME", Keep: true},
		{Title: "NAME"},
		{Title: "STATUS"},
		{Title: "CONFIG", Optional: narrow},
		{Title: "CONFIG STATUS", Optional: narrow},
	}
	for i, width := range were {
		columns[i].Least = width
	}
	return cli.NewTable(columns...)
}

func watchRow(time string, a *client.Agent) []cli.Cell {
	return []cli.Cell{
		{Text: time},
		{Text: a.Name},
		{Text: a.Status, Colour: cli.StatusColour(a.Status)},
		{Text: meant(a.Config)},
		{Text: a.Config.Status, Colour: cli.StatusColour(a.Config.Status)},
	}
}
