package configcmd

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

func (g *group) list() *cobra.Command {
	var f client.ConfigFilter
	var output cli.Format
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List configurations, and how many agents run each in what state",
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			configs, err := client.Collect(server.Configs(cmd.Context(), f))
			if err != nil {
				return err
			}
			if f.OrderBy == "" { // the server's own order by name may lose what changes between two pages
				slices.SortFunc(configs, func(a, b client.Config) int { return strings.Compare(a.Name, b.Name) })
			}
			if len(configs) == 0 && (output.Is(cli.FormatTable) || output.Is(cli.FormatWide)) {
				fmt.Fprintln(g.Stderr, "No configurations.")
				return nil
			}
			v := cli.View{
				Value: map[string]any{"configs": configs, "total_size": len(configs)},
				Table: func(wide bool) *cli.Table { return g.table(configs, wide) },
			}
			for _, c := range configs {
				v.Names = append(v.Names, c.Name)
			}
			return cli.Print(g.World, output, v)
		},
	}
	cmd.Flags().StringVarP(&f.Selector, "selector", "l", "", "`SELECTOR` over the configurations' labels, as Kubernetes has them")
	cli.CompleteFlag(cmd, "selector", g.conn.ConfigSelector(g.World))
	cmd.Flags().StringVarP(&f.Query, "query", "q", "", "only configurations with this `TEXT` in their name or description, in any case")
	cmd.Flags().StringVar(&f.OrderBy, "order-by", "", "order by this `FIELD`, such as updated_at; \"FIELD desc\" is the other way round; by default by name")
	output.Register(cmd, cli.ListFormats...)
	return cmd
}

func (g *group) table(configs []client.Config, wide bool) *cli.Table {
	columns := []cli.Column{{Title: "NAME"}, {Title: "VERSION"}, {Title: "PRIORITY", Optional: !wide}, {Title: "SELECTOR"}, {Title: "AGENTS"}, {Title: "STATE"}, {Title: "UPDATED", Optional: !wide}}
	if wide {
		columns = append(columns, cli.Column{Title: "LABELS"}, cli.Column{Title: "DESCRIPTION"}, cli.Column{Title: "ID", Keep: true})
	}
	t := cli.NewTable(columns...)
	for _, c := range configs {
		state, colour := counts(c.Agents)
		cells := []cli.Cell{
			{Text: c.Name},
			{Text: strconv.Itoa(c.Version)},
			{Text: strconv.Itoa(c.Priority)},
			{Text: c.Selector},
			{Text: strconv.Itoa(c.Agents.Total)},
			{Text: state, Colour: colour},
			{Text: g.Ago(c.UpdatedAt) + " ago"},
		}
		if wide {
			cells = append(cells, cli.Cell{Text: cli.Labels(c.Labels)}, cli.Cell{Text: c.Description}, cli.Cell{Text: c.ID})
		}
		t.Row(cells...)
	}
	return t
}

// counts says in words how the agents are doing, with the colour of the worst of it.
func counts(c client.ConfigCounts) (string, cli.Colour) {
	var parts []string
	colour := cli.NoColour
	for _, s := range []struct {
		n    int
		name string
	}{{c.Applied, "applied"}, {c.Applying, "applying"}, {c.Pending, "pending"}, {c.Unsupported, "unsupported"}, {c.Failed, "failed"}} {
		if s.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", s.n, s.name))
			colour = cli.StatusColour(s.name)
		}
	}
	return strings.Join(parts, ", "), colour
}

func (g *group) get() *cobra.Command {
	var output cli.Format
	var body bool
	version := 0
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "Show one configuration with its body",
		Example: `  ollystack configs get production
  ollystack configs get production --body > production.yaml
  ollystack configs get production --version 3 --body`,
		Args:              cli.Exactly(1, oneConfig),
		ValidArgsFunction: cli.At(0, g.conn.Configs(g.World)),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			if version != 0 {
				v, err := server.Version(cmd.Context(), args[0], version)
				if err != nil {
					return hint(err)
				}
				return g.show(output, body, v, args[0], v.Config, func(out io.Writer) {
					fmt.Fprintf(out, "%-13s%s\n%-13s%d\n%-13s%s\n", "Name", cli.Plain(args[0]), "Version", v.Version, "Created", cli.Time(v.CreatedAt))
				})
			}
			c, err := server.Config(cmd.Context(), args[0])
			if err != nil {
				return hint(err)
			}
			return g.show(output, body, c, c.Name, c.Config, func(out io.Writer) { describe(out, g.Screen, &c) })
		},
	}
	cmd.Flags().BoolVar(&body, "body", false, "print its body and nothing else")
	cmd.Flags().IntVar(&version, "version", 0, "version `N` instead of the newest")
	output.Register(cmd, cli.FormatText, cli.FormatJSON, cli.FormatYAML, cli.FormatName)
	return cmd
}

// show prints a configuration, or one version of it; head is what stands above its body.
func (g *group) show(output cli.Format, alone bool, value any, name, body string, head func(io.Writer)) error {
	if alone {
		_, err := io.WriteString(g.Verbatim(), body)
		return err
	}
	return cli.Print(g.World, output, cli.View{Value: value, Names: []string{name}, Text: func(out io.Writer, _ cli.Screen) {
		head(out)
		fmt.Fprintf(out, "\n%s", cli.PlainLines(body))
		if !strings.HasSuffix(body, "\n") {
			fmt.Fprintln(out)
		}
	}})
}

func describe(out io.Writer, screen cli.Screen, c *client.Config) {
	state, colour := counts(c.Agents)
	for _, row := range [][2]string{
		{"Name", c.Name},
		{"ID", c.ID},
		{"Description", c.Description},
		{"Labels", cli.Labels(c.Labels)},
		{"Selector", c.Selector},
		{"Priority", strconv.Itoa(c.Priority)},
		{"Version", strconv.Itoa(c.Version)},
		{"Updated", cli.Time(c.UpdatedAt)},
		{"Agents", strconv.Itoa(c.Agents.Total)},
	} {
		if row[1] != "" {
			screen.Field(out, 13, row[0], cli.Plain(row[1]))
		}
	}
	if state != "" {
		screen.Field(out, 13, "State", screen.Paint(colour, state))
	}
}

func (g *group) history() *cobra.Command {
	var output cli.Format
	cmd := &cobra.Command{
		Use:               "history NAME",
		Short:             "List the versions of a configuration, the newest first",
		Args:              cli.Exactly(1, oneConfig),
		ValidArgsFunction: cli.At(0, g.conn.Configs(g.World)),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			versions, err := client.Collect(server.Versions(cmd.Context(), args[0]))
			if err != nil {
				return hint(err)
			}
			slices.SortFunc(versions, func(a, b client.Version) int { return b.Version - a.Version })
			t := cli.NewTable(cli.Column{Title: "VERSION"}, cli.Column{Title: "CREATED"}, cli.Column{Title: "AGE"}, cli.Column{Title: "HASH"})
			v := cli.View{Value: map[string]any{"versions": versions, "total_size": len(versions)}, Table: func(bool) *cli.Table { return t }}
			for _, version := range versions {
				t.Texts(strconv.Itoa(version.Version), cli.Time(version.CreatedAt), g.Ago(version.CreatedAt), fmt.Sprintf("%.12s", version.Hash))
				v.Names = append(v.Names, strconv.Itoa(version.Version))
			}
			return cli.Print(g.World, output, v)
		},
	}
	output.Register(cmd, cli.FormatTable, cli.FormatJSON, cli.FormatYAML, cli.FormatName)
	return cmd
}
