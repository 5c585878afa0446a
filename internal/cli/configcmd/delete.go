package configcmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

// deletion is a run of `ollystack configs delete`.
type deletion struct {
	*group

	detach, yes bool
	confirm     int
}

func (g *group) delete() *cobra.Command {
	d := deletion{group: g}
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a configuration and its history",
		Long: `Delete a configuration and its history. One that agents have is not deleted,
unless --detach lets them go first: they keep running what they have, or get what
another selector has for them. On a terminal it asks, and says how many agents and
versions it is about; elsewhere it does not.`,
		Example: `  ollystack configs delete canary
  ollystack configs delete production --detach --yes`,
		Args:              cli.Exactly(1, oneConfig),
		ValidArgsFunction: cli.At(0, g.conn.Configs(g.World)),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			return d.run(cmd.Context(), server, args[0])
		},
	}
	cmd.Flags().BoolVar(&d.detach, "detach", false, "let agents that have it go first; they keep running it, unless another selector takes them")
	cmd.Flags().BoolVarP(&d.yes, "yes", "y", false, "do not ask")
	cmd.Flags().IntVar(&d.confirm, "confirm-agents", 0, "`N` agents may be reached, where that is more than the server's guard allows")
	return cmd
}

func (d *deletion) run(ctx context.Context, server *client.Client, ref string) error {
	id, o := ref, client.WriteOptions{Confirm: d.confirm}
	if !d.yes && d.CanAsk() {
		now, err := server.Config(ctx, ref)
		if err != nil {
			return hint(err)
		}
		// Agents that are not let go are the server's reason to refuse: there is nothing to ask then.
		if now.Agents.Total == 0 || d.detach {
			if err := d.Confirm(ctx, false, question(&now)); err != nil {
				return err
			}
			id, o.IfMatch = now.ID, now.ETag // what was asked about, and nothing else
			o.Confirm = max(o.Confirm, now.Agents.Total)
		}
	}
	if err := server.DeleteConfig(ctx, id, d.detach, o); err != nil {
		return hint(err)
	}
	fmt.Fprintf(d.Stdout, "%s: deleted\n", cli.Plain(ref))
	return nil
}

// question says what is lost, and who has it.
func question(c *client.Config) string {
	text := fmt.Sprintf("Delete the configuration %q and its history of %s?", c.Name, cli.Count(c.Version, "version"))
	switch c.Agents.Total {
	case 0:
		return text + " No agent has it."
	case 1:
		return text + " 1 agent has it: it gets what another selector has for it, or keeps running what it has."
	}
	return fmt.Sprintf("%s %d agents have it: they get what other selectors have for them, or keep running what they have.", text, c.Agents.Total)
}
