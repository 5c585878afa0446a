// Package fleetcmd is the commands about the whole fleet: `ollystack status` and
// `ollystack events`.
package fleetcmd

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

// mostTroubled is how many agents of a kind status names.
const mostTroubled = 5

// NewStatus makes `ollystack status`.
func NewStatus(w cli.World) *cobra.Command {
	var conn cli.Connection
	var output cli.Format
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say how the server and the fleet are, and what needs attention",
		Long: `Say how the server and its fleet are, and which agents need attention. The exit
code is 1 where the server says that it failed.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := conn.Open(w)
			if err != nil {
				return err
			}
			s, err := ask(cmd.Context(), server)
			if err != nil {
				return err
			}
			if err := cli.Print(w, output, cli.View{Value: s, Text: s.print}); err != nil {
				return err
			}
			if s.Health.Status == "failed" {
				return &cli.Error{Code: cli.ExitFailure}
			}
			return nil
		},
	}
	conn.Register(cmd.Flags())
	cli.CompleteFlag(cmd, "context", cli.CompleteContexts(w))
	output.Register(cmd, cli.FormatText, cli.FormatJSON, cli.FormatYAML)
	return cmd
}

// status is what the command shows.
type status struct {
	Server string              `json:"server"`
	Health client.ServerHealth `json:"health"`
	Fleet  client.FleetStatus  `json:"fleet"`
	// The first agents of each kind.
	Unhealthy []client.Agent `json:"unhealthy"`
	Failed    []client.Agent `json:"config_failed"`
}

func ask(ctx context.Context, server *client.Client) (*status, error) {
	s := &status{Server: server.Server().String()}
	var err error
	if s.Health, err = server.ServerHealth(ctx); err != nil {
		return nil, err
	}
	if s.Fleet, err = server.FleetStatus(ctx); err != nil {
		return nil, err
	}
	if s.Unhealthy, _, err = server.FirstAgents(ctx, client.AgentFilter{Status: []string{"unhealthy"}, OrderBy: "name"}, mostTroubled); err != nil {
		return nil, err
	}
	s.Failed, _, err = server.FirstAgents(ctx, client.AgentFilter{ConfigStatus: []string{"failed"}, OrderBy: "name"}, mostTroubled)
	return s, err
}

func (s *status) print(out io.Writer, screen cli.Screen) {
	line := func(name, text string) { screen.Field(out, 16, name, text) }
	f := s.Fleet
	version := ""
	if s.Health.Version != "" {
		version = ", version " + s.Health.Version
	}
	line("Server", fmt.Sprintf("%s: %s%s", s.Server, screen.Paint(cli.StatusColour(s.Health.Status), s.Health.Status), version))
	var checks []string
	for _, name := range slices.Sorted(maps.Keys(s.Health.Checks)) {
		c := s.Health.Checks[name]
		text := name + " " + screen.Paint(cli.StatusColour(c.Status), c.Status)
		if c.Detail != "" {
			text += " (" + cli.Plain(c.Detail) + ")"
		}
		checks = append(checks, text)
	}
	if len(checks) > 0 {
		line("Checks", strings.Join(checks, ", "))
	}
	line("Agents", fmt.Sprintf("%d: %s", f.Total, tally(screen, []count{
		{"healthy", f.Healthy}, {"unhealthy", f.Unhealthy}, {"disconnected", f.Disconnected}, {"unknown", f.Unknown},
	})))
	line("Configurations", tally(screen, []count{
		{"applied", f.Config.Applied},
		{"applying", f.Config.Applying},
		{"pending", f.Config.Pending},
		{"failed", f.Config.Failed},
		{"unassigned", f.Config.Unassigned},
		{"unsupported", f.Config.Unsupported},
	}))
	title := "Versions"
	for _, v := range f.Versions {
		line(title, fmt.Sprintf("%s %s: %s", cli.Plain(v.Type), cli.Plain(v.Version), cli.Count(v.Agents, "agent")))
		title = ""
	}
	attention(out, "Unhealthy", f.Unhealthy, s.Unhealthy, "--status unhealthy", func(a *client.Agent) string {
		if a.Health == nil {
			return ""
		}
		return a.Health.LastError
	})
	attention(out, "Configuration failed", f.Config.Failed, s.Failed, "--config-status failed", func(a *client.Agent) string {
		return fmt.Sprintf("%s v%d: %s", a.Config.Name, a.Config.Version, a.Config.Error)
	})
}

// count is a number of agents in a state.
type count struct {
	state string
	n     int
}

func tally(screen cli.Screen, counts []count) string {
	var parts []string
	for _, c := range counts {
		colour := cli.StatusColour(c.state)
		if c.n == 0 {
			colour = cli.NoColour
		}
		parts = append(parts, screen.Paint(colour, fmt.Sprintf("%d %s", c.n, c.state)))
	}
	return strings.Join(parts, ", ")
}

// attention names the first of those that need it, and how to see the rest.
func attention(out io.Writer, title string, total int, first []client.Agent, filter string, why func(*client.Agent) string) {
	if len(first) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s:\n", title)
	for i := range first {
		fmt.Fprintf(out, "  %s  %s\n", cli.Plain(first[i].Name), cli.Plain(why(&first[i])))
	}
	if more := total - len(first); more > 0 {
		fmt.Fprintf(out, "  and %d more: ollystack agents list %s\n", more, filter)
	}
}
