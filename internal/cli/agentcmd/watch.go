package agentcmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

// gathering is how long changes are gathered before the agents are read anew.
const gathering = time.Second

func (g *group) watch() *cobra.Command {
	var f filter
	var output cli.Format
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "List agents, and print each again when it changes",
		Long: `List agents, and then print each of them again when its status or its
configuration changes, until it is interrupted. One that the filters no longer
take is printed once more, with the status "gone". A server that is away is waited for.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			v := watcher{group: g, server: server, filter: f.value(), output: output, known: map[string]client.Agent{}}
			return v.run(cmd.Context())
		},
	}
	f.register(g, cmd)
	output.Register(cmd, cli.FormatTable, cli.FormatJSON)
	return cmd
}

// watcher prints agents as they change.
type watcher struct {
	*group

	server *client.Client
	filter client.AgentFilter
	output cli.Format
	known  map[string]client.Agent
	widths []int
}

func (v *watcher) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := make(chan struct{}, 1)
	wake := func() {
		select {
		case changed <- struct{}{}:
		default: // it is known already
		}
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cli.Follow(ctx, v.World, v.server, "", wake, func(client.Event) error { wake(); return nil })
	}()
	failing := false
	for {
		select {
		case err := <-ended:
			return err
		case <-changed:
		}
		err := v.read(ctx)
		if err != nil && !cli.Passing(err) {
			return quiet(err)
		}
		if err != nil {
			wake() // The stream may be fine, so that nothing else would have it tried again.
			if !failing {
				fmt.Fprintf(v.Stderr, "%s; trying again\n", cli.Plain(err.Error()))
			}
		}
		failing = err != nil
		pause := time.NewTimer(gathering)
		select {
		case err := <-ended:
			pause.Stop()
			return err
		case <-pause.C:
		}
	}
}

// quiet makes an interruption an orderly end.
func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// read lists the agents and prints those that are not as they were.
func (v *watcher) read(ctx context.Context) error {
	agents, err := client.Collect(v.server.Agents(ctx, v.filter))
	if err != nil {
		return err
	}
	gone := v.known
	v.known = make(map[string]client.Agent, len(agents))
	var changed []client.Agent
	for _, a := range agents {
		before, known := gone[a.ID]
		delete(gone, a.ID)
		v.known[a.ID] = a
		if !known || before.Status != a.Status || before.Name != a.Name || meant(before.Config) != meant(a.Config) || before.Config.Status != a.Config.Status {
			changed = append(changed, a)
		}
	}
	slices.SortStableFunc(changed, func(a, b client.Agent) int { return strings.Compare(a.Name, b.Name) })
	for _, a := range gone {
		a.Status = "gone"
		a.Raw = nil
		changed = append(changed, a)
	}
	return v.print(changed)
}

func (v *watcher) print(agents []client.Agent) error {
	if len(agents) == 0 {
		return nil
	}
	if v.output.Is(cli.FormatJSON) {
		for _, a := range agents {
			if err := cli.PrintLine(v.Stdout, a); err != nil {
				return err
			}
		}
		return nil
	}
	columns := []cli.Column{{Title: "TIME"}, {Title: "NAME"}, {Title: "STATUS"}, {Title: "CONFIG"}, {Title: "CONFIG STATUS"}}
	t := cli.NewTable(columns...)
	now := cli.Time(v.Present())
	for _, a := range agents {
		t.Row(cli.Cell{Text: now}, cli.Cell{Text: a.Name}, cli.Cell{Text: a.Status, Colour: cli.StatusColour(a.Status)},
			cli.Cell{Text: meant(a.Config)}, cli.Cell{Text: a.Config.Status, Colour: cli.StatusColour(a.Config.Status)})
	}
	var err error
	if v.widths, err = t.Continue(v.Stdout, v.Screen, v.widths); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
