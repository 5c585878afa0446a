package agentcmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

func (g *group) list() *cobra.Command {
	var f filter
	var output cli.Format
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List agents; filters can be combined",
		Example: `  ollystack agents list --selector env=production --status unhealthy
  ollystack agents list --config gateway --config-status failed -o wide
  ollystack agents list -q edge -o name
  ollystack agents list --status disconnected -o csv > gone.csv`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			if output.Is(cli.FormatCSV) {
				return server.AgentsCSV(cmd.Context(), f.value(), g.Verbatim())
			}
			agents := []client.Agent{}
			progress := cli.NewProgress(g.World, "agents", 0)
			for a, err := range server.Agents(cmd.Context(), f.value()) {
				if err != nil {
					progress.End()
					return err
				}
				agents = append(agents, a)
				progress.Step()
			}
			progress.End()
			if f.OrderBy == "" { // the server's own order by name may lose what changes between two pages
				slices.SortStableFunc(agents, func(a, b client.Agent) int { return strings.Compare(a.Name, b.Name) })
			}
			if len(agents) == 0 && (output.Is(cli.FormatTable) || output.Is(cli.FormatWide)) {
				fmt.Fprintln(g.Stderr, "No agents.")
				return nil
			}
			return cli.Print(g.World, output, g.listed(agents))
		},
	}
	f.register(g, cmd)
	output.Register(cmd, append(slices.Clone(cli.ListFormats), cli.FormatCSV)...)
	return cmd
}

func (g *group) listed(agents []client.Agent) cli.View {
	v := cli.View{
		Value: map[string]any{"agents": agents, "total_size": len(agents)},
		Table: func(wide bool) *cli.Table { return g.table(agents, wide) },
	}
	for _, a := range agents {
		v.Names = append(v.Names, a.ID)
	}
	return v
}

func (g *group) table(agents []client.Agent, wide bool) *cli.Table {
	columns := []cli.Column{
		{Title: "NAME"},
		{Title: "STATUS"},
		{Title: "CONFIG"},
		{Title: "CONFIG STATUS"},
		{Title: "VERSION", Optional: !wide},
		{Title: "SEEN", Optional: !wide},
	}
	if wide {
		columns = append(columns, cli.Column{Title: "TYPE"}, cli.Column{Title: "REMOTE ADDRESS"}, cli.Column{Title: "LABELS"}, cli.Column{Title: "ERROR"}, cli.Column{Title: "ID", Keep: true})
	}
	t := cli.NewTable(columns...)
	for i := range agents {
		t.Row(g.row(&agents[i], wide)...)
	}
	return t
}

func (g *group) row(a *client.Agent, wide bool) []cli.Cell {
	cells := []cli.Cell{
		{Text: a.Name},
		{Text: a.Status, Colour: cli.StatusColour(a.Status)},
		{Text: meant(a.Config)},
		{Text: a.Config.Status, Colour: cli.StatusColour(a.Config.Status)},
		{Text: a.Version},
		{Text: g.seen(a)},
	}
	if wide {
		cells = append(cells, cli.Cell{Text: a.Type}, cli.Cell{Text: a.RemoteAddress}, cli.Cell{Text: cli.Labels(a.Labels)},
			cli.Cell{Text: trouble(a), Colour: cli.Red}, cli.Cell{Text: a.ID})
	}
	return cells
}

// meant is the configuration that is meant for an agent.
func meant(s client.ConfigState) string {
	if s.Name == "" {
		return ""
	}
	return fmt.Sprintf("%s v%d", s.Name, s.Version)
}

// seen is how long ago an agent was there.
func (g *group) seen(a *client.Agent) string {
	if a.Connected {
		return "now"
	}
	return g.Ago(a.LastSeenAt) + " ago"
}

// trouble is what an agent complains of: its configuration's error, or its health's.
func trouble(a *client.Agent) string {
	switch {
	case a.Config.Error != "":
		return a.Config.Error
	case a.Health != nil:
		return a.Health.LastError
	}
	return ""
}
