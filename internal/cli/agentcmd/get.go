package agentcmd

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

const oneAgent = "which agent? Name one; `ollystack agents list` shows them"

func (g *group) get() *cobra.Command {
	var output cli.Format
	var effective bool
	cmd := &cobra.Command{
		Use:   "get AGENT",
		Short: "Show one agent, whole",
		Example: `  ollystack agents get edge-eu-17
  ollystack agents get edge-eu-17 --effective-config > running.yaml`,
		Args:              cli.Exactly(1, oneAgent),
		ValidArgsFunction: cli.At(0, g.conn.Agents(g.World)),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			if effective {
				text, err := server.EffectiveConfig(cmd.Context(), args[0])
				if err != nil {
					return hint(err)
				}
				_, err = g.Verbatim().Write(text)
				return err
			}
			a, err := server.Agent(cmd.Context(), args[0])
			if err != nil {
				return hint(err)
			}
			return cli.Print(g.World, output, cli.View{
				Value: a, Names: []string{a.ID},
				Text: func(out io.Writer, screen cli.Screen) { g.describe(out, screen, &a) },
			})
		},
	}
	cmd.Flags().BoolVar(&effective, "effective-config", false, "print what it says that it runs, as YAML, and nothing else; credentials are hidden")
	output.Register(cmd, cli.FormatText, cli.FormatJSON, cli.FormatYAML, cli.FormatName)
	return cmd
}

// hint says how to find the right name.
func hint(err error) error {
	switch e, ok := errors.AsType[*client.Error](err); {
	case !ok || e.Kind != client.NotFound:
	case strings.HasPrefix(e.Detail, "there is no configuration"):
		return cli.WithHint(err, "`ollystack configs list` shows the configurations.")
	default:
		return cli.WithHint(err, "`ollystack agents list` shows the agents, `-q TEXT` those with a text in their name.")
	}
	return err
}

// describe writes what there is to know of an agent.
func (g *group) describe(out io.Writer, screen cli.Screen, a *client.Agent) {
	line := func(name, format string, args ...any) {
		screen.Field(out, 18, name, fmt.Sprintf(format, args...))
	}
	list := func(name string, lines []string) {
		for i, text := range lines {
			if i > 0 {
				name = ""
			}
			line(name, "%s", cli.Plain(text))
		}
	}
	line("Name", "%s", cli.Plain(a.Name))
	line("ID", "%s", a.ID)
	line("Type", "%s %s", cli.Plain(a.Type), cli.Plain(a.Version))
	line("Status", "%s", screen.Paint(cli.StatusColour(a.Status), a.Status))
	if a.Connected {
		line("Connected", "%s ago over %s, from %s", g.Ago(a.ConnectedAt), a.Transport, a.RemoteAddress)
	} else {
		line("Connected", "no; last seen %s ago (%s)", g.Ago(a.LastSeenAt), cli.Time(a.LastSeenAt))
	}
	line("First seen", "%s ago (%s)", g.Ago(a.FirstSeenAt), cli.Time(a.FirstSeenAt))
	list("Labels", pairs(a.Labels))
	list("Attributes", append(pairs(a.Attributes.Identifying), pairs(a.Attributes.NonIdentifying)...))
	line("Capabilities", "%s", strings.Join(a.Capabilities, ", "))
	g.describeConfig(line, screen, a)
	for _, kind := range slices.Sorted(maps.Keys(a.Components)) {
		line(cli.Plain(title(kind)), "%s", cli.Plain(strings.Join(a.Components[kind], ", ")))
	}
	if a.Health != nil {
		fmt.Fprintln(out, "Health")
		tree(out, screen, "  ", "agent", *a.Health)
	}
}

// title begins a word with a capital. An agent may report any, also an empty one.
func title(word string) string {
	first, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + word[size:]
}

func (g *group) describeConfig(line func(name, format string, args ...any), screen cli.Screen, a *client.Agent) {
	status := screen.Paint(cli.StatusColour(a.Config.Status), a.Config.Status)
	if a.Config.Name == "" {
		line("Configuration", "none is meant for it (%s)", status)
	} else {
		line("Configuration", "%s by %s: %s for %s", cli.Plain(meant(a.Config)), a.Config.Source, status, g.Ago(a.Config.ChangedAt))
	}
	if a.Config.Error != "" {
		line("Error", "%s", screen.Paint(cli.Red, cli.Plain(a.Config.Error)))
	}
	if e := a.EffectiveConfig; e != nil {
		redacted := ""
		if e.Redacted {
			redacted = ", with credentials hidden"
		}
		line("Effective config", "%.12s%s; --effective-config prints it", e.Hash, redacted)
	}
}

func pairs(of map[string]string) []string {
	lines := make([]string, 0, len(of))
	for _, k := range slices.Sorted(maps.Keys(of)) {
		lines = append(lines, k+"="+of[k])
	}
	return lines
}

// tree writes a part's health and, indented, that of its parts.
func tree(out io.Writer, screen cli.Screen, indent, name string, h client.Health) {
	word, colour := "healthy", cli.Green
	if !h.Healthy {
		word, colour = "unhealthy", cli.Red
	}
	fmt.Fprintf(out, "%s%s: %s", indent, cli.Plain(name), screen.Paint(colour, word))
	for _, detail := range []string{h.Status, h.LastError} {
		if detail != "" {
			fmt.Fprintf(out, ", %s", cli.Plain(detail))
		}
	}
	fmt.Fprintln(out)
	for _, part := range slices.Sorted(maps.Keys(h.Components)) {
		tree(out, screen, indent+"  ", part, h.Components[part])
	}
}
