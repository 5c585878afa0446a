// Package configcmd is `ollystack configs`.
package configcmd

import (
	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

const oneConfig = "which configuration? Name one; `ollystack configs list` shows them"

// group is what the commands have in common.
type group struct {
	cli.World

	conn cli.Connection
}

// New makes the command.
func New(w cli.World) *cobra.Command {
	g := &group{World: w}
	cmd := &cobra.Command{
		Use:     "configs",
		Aliases: []string{"config"},
		Short:   "Look at configurations, and change them",
		Long: `Look at the configurations of a server, and change them. A configuration is named
by its name or its id; each change of its body makes a version, which never changes.`,
		Args: cli.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	g.conn.Register(cmd.PersistentFlags())
	cli.CompleteFlag(cmd, "context", cli.CompleteContexts(w))
	cmd.AddCommand(g.list(), g.get(), g.create(), g.edit(), g.diff(), g.history(), g.rollback(), g.delete())
	return cmd
}

// hint says how to find the right name.
func hint(err error) error {
	if client.KindOf(err) == client.NotFound {
		return cli.WithHint(err, "`ollystack configs list` shows the configurations, `ollystack configs history NAME` the versions of one.")
	}
	return err
}
