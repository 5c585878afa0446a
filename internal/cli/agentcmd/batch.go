package agentcmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

// many is the flags of an act on all agents that a selector takes.
type many struct {
	selector string
	yes      bool
	confirm  int
}

func (m *many) register(g *group, cmd *cobra.Command) {
	cmd.Flags().StringVarP(&m.selector, "selector", "l", "", "instead of naming agents: "+selectorHelp)
	cmd.Flags().BoolVarP(&m.yes, "yes", "y", false, "with --selector: do not ask")
	cmd.Flags().IntVar(&m.confirm, "confirm-agents", 0, "with --selector: `N` agents may be reached, where that is more than the server's guard allows")
	cli.CompleteFlag(cmd, "selector", g.conn.AgentSelector(g.World))
}

// named is how many arguments name an agent.
func (m *many) named() int {
	if m.selector != "" {
		return 0
	}
	return 1
}

// batch acts on all that the selector takes, after a confirmation that says how many these are.
func (g *group) batch(ctx context.Context, server *client.Client, m *many, a act) error {
	_, total, err := server.FirstAgents(ctx, client.AgentFilter{Selector: m.selector}, 1)
	if err != nil {
		return err
	}
	if total == 0 {
		fmt.Fprintf(g.Stderr, "No agents: the selector %s takes none.\n", m.selector)
		return nil
	}
	question := fmt.Sprintf(a.question, cli.Count(total, "agent"))
	if err := g.Confirm(ctx, m.yes, question); err != nil {
		return err
	}
	confirm := m.confirm
	if confirm == 0 && !m.yes {
		confirm = total // that is what was answered to
	}
	b := a.batch
	b.Selector = m.selector
	result, err := server.RunBatch(ctx, b, confirm)
	if err != nil {
		return err
	}
	for _, r := range result.Results {
		if r.Error != "" {
			fmt.Fprintf(g.Stderr, "%s (%s): %s\n", cli.Plain(r.Name), r.ID, cli.Plain(r.Error))
		}
	}
	fmt.Fprintf(g.Stdout, "%s: %d done, %d failed\n", cli.Count(result.Total, "agent"), result.Succeeded, result.Failed)
	if result.Failed > 0 {
		return &cli.Error{Code: cli.ExitFailure}
	}
	return nil
}
