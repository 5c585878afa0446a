// Package agentcmd is `ollystack agents`.
package agentcmd

import (
	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
)

// group is what the commands have in common.
type group struct {
	cli.World

	conn cli.Connection
}

// New makes the command.
func New(w cli.World) *cobra.Command {
	g := &group{World: w}
	cmd := &cobra.Command{
		Use:     "agents",
		Aliases: []string{"agent"},
		Short:   "Look at agents, and act on them",
		Long: `Look at the agents that a server knows, and act on them.

An agent is named by its name, its instance UID or its service.instance.id.`,
		Args: cli.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	g.conn.Register(cmd.PersistentFlags())
	cli.CompleteFlag(cmd, "context", cli.CompleteContexts(w))
	cmd.AddCommand(g.list(), g.get(), g.watch(), g.label(), g.assign(), g.unassign(), g.retry(), g.restart(), g.forget())
	return cmd
}
