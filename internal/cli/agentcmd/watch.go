package agentcmd

import (
	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
)

func (g *group) watch() *cobra.Command {
	var f filter
	var output cli.Format
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "List agents, and show each again when it changes",
		Long: `List agents, and then each of them again when its status or its configuration
changes, until it is interrupted. On a terminal one screen is kept up to date: the
numbers of all agents, and as many agents as fit, first those that changed last.
Elsewhere a line is printed for each change; an agent that the filters no longer take
is printed once more, with the status "gone". A server that is away is waited for.`,
		Example: `  ollystack agents watch --selector region=eu
  ollystack agents watch --status unhealthy,disconnected | tee trouble.log`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			v := watcher{
				World: g.World, server: server, filter: f.value(), filtered: f.any(),
				news: make(chan news), known: agents{}, pending: agents{},
			}
			v.shown = &stream{World: g.World, json: output.Is(cli.FormatJSON)}
			if g.Screen.Moves && output.Is(cli.FormatTable) {
				v.shown = &live{World: g.World}
			}
			return v.run(cmd.Context())
		},
	}
	f.register(g, cmd)
	output.Register(cmd, cli.FormatTable, cli.FormatJSON)
	return cmd
}
