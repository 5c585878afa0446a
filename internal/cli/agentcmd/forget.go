package agentcmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

// mostAsked bounds how many agents a question tells one by one.
const mostAsked = 10

func (g *group) forget() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "forget AGENT...",
		Short: "Delete the records of agents that are gone",
		Long: `Delete the records of agents, their labels and assignments with them. An agent
that is connected cannot be forgotten; one that comes back is known anew. On a
terminal it asks, and says what goes with each; elsewhere it does not.`,
		Example: `  ollystack agents forget edge-eu-17
  ollystack agents list --disconnected -o name | xargs -r ollystack agents forget`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || slices.Contains(args, "") {
				return cli.Usagef("which agents? Name them; `ollystack agents list --disconnected` shows those that are gone")
			}
			return nil
		},
		ValidArgsFunction: g.conn.Agents(g.World),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			if !yes && g.CanAsk() {
				if err := g.askToForget(cmd.Context(), server, args); err != nil {
					return err
				}
			}
			return g.each(cmd.Context(), server, args, func(ctx context.Context, s *client.Client, ref string) (string, error) {
				return "forgotten", s.ForgetAgent(ctx, ref)
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// askToForget says what goes with each agent. Where one of them is not there, nothing is asked and nothing done.
func (g *group) askToForget(ctx context.Context, server *client.Client, refs []string) error {
	for n, ref := range refs {
		a, err := server.Agent(ctx, ref)
		switch {
		case err != nil:
			return hint(err)
		case n < mostAsked:
			fmt.Fprintf(g.Stderr, "%s: %s\n", cli.Plain(a.Name), g.goesWith(&a))
		}
	}
	if more := len(refs) - mostAsked; more > 0 {
		fmt.Fprintf(g.Stderr, "and %d more\n", more)
	}
	what := cli.Count(len(refs), "agent")
	if len(refs) == 1 {
		what = "it"
	}
	return g.Confirm(ctx, false, fmt.Sprintf("Forget %s?", what))
}

// goesWith is what is lost with an agent's record.
func (g *group) goesWith(a *client.Agent) string {
	if a.Connected {
		return "is connected, and cannot be forgotten"
	}
	text := fmt.Sprintf("last seen %s ago", g.Ago(a.LastSeenAt))
	if len(a.Labels) > 0 {
		text += ", labels " + cli.Labels(a.Labels)
	}
	if a.Config.Source == "assignment" {
		text += fmt.Sprintf(", assigned %s", meant(a.Config))
	}
	return cli.Plain(text)
}
