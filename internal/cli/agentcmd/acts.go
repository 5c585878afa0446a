package agentcmd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

func (g *group) label() *cobra.Command {
	var m many
	cmd := &cobra.Command{
		Use:   "label AGENT KEY=VALUE|KEY-... | label --selector SELECTOR KEY=VALUE|KEY-...",
		Short: "Set labels of agents, or take them away",
		Long: `Set labels of an agent (KEY=VALUE), or take them away (KEY-). A label is the
operator's; where an attribute that the agent reports has the same key, it wins.`,
		Example: `  ollystack agents label edge-eu-17 env=production canary-
  ollystack agents label --selector region=eu env=production`,
		ValidArgsFunction: cli.At(0, g.conn.Agents(g.World)),
		Args: func(_ *cobra.Command, args []string) error {
			if need := m.named(); len(args) < need+1 || slices.Contains(args, "") {
				return cli.Usagef("which agent, and which labels? Name one and KEY=VALUE or KEY-, or agents with --selector")
			}
			_, err := cli.LabelChanges(args[m.named():])
			return err
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			labels, err := cli.LabelChanges(args[m.named():])
			if err != nil {
				return err
			}
			return g.act(cmd.Context(), &m, args[:m.named()], act{
				question: "Change the labels of %s?", batch: client.Batch{Action: client.ActionLabels, Labels: labels},
				one: func(ctx context.Context, s *client.Client, ref string) (string, error) {
					a, err := s.LabelAgent(ctx, ref, labels)
					return "labels: " + cli.Plain(cli.Labels(a.Labels)), err
				},
			})
		},
	}
	m.register(g, cmd)
	return cmd
}

func (g *group) assign() *cobra.Command {
	var m many
	var version int
	cmd := &cobra.Command{
		Use:   "assign AGENT CONFIG | assign --selector SELECTOR CONFIG",
		Short: "Assign a configuration to agents",
		Long: `Assign a configuration to an agent. It wins over those whose selectors take the
agent, and is delivered at once, or when the agent reconnects.`,
		Example: `  ollystack agents assign edge-eu-17 canary
  ollystack agents assign edge-eu-17 canary --version 3
  ollystack agents assign --selector region=eu canary`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 && m.named() == 1 {
				return g.conn.Agents(g.World)(cmd, args, typed)
			}
			return cli.At(m.named(), g.conn.Configs(g.World))(cmd, args, typed)
		},
		Args: func(cmd *cobra.Command, args []string) error {
			if version < 0 {
				return cli.Usagef("--version is the number of a version, from 1")
			}
			return cli.Exactly(m.named()+1, "which agent, and which configuration? Name both, or agents with --selector")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			config := args[m.named()]
			return g.act(cmd.Context(), &m, args[:m.named()], act{
				question: fmt.Sprintf("Assign the configuration %q to %%s?", cli.Plain(config)),
				batch:    client.Batch{Action: client.ActionAssign, ConfigID: config, Version: version},
				one: func(ctx context.Context, s *client.Client, ref string) (string, error) {
					state, err := s.AssignConfig(ctx, ref, config, version)
					return fmt.Sprintf("%s is assigned (%s)", cli.Plain(meant(state)), state.Status), err
				},
			})
		},
	}
	cmd.Flags().IntVar(&version, "version", 0, "this version `N`, and no later one; by default always the newest")
	m.register(g, cmd)
	return cmd
}

func (g *group) unassign() *cobra.Command {
	return g.plain("unassign", "Take assignments away: selectors decide again", act{
		question: "Take the assignment of %s away?", batch: client.Batch{Action: client.ActionUnassign},
		one: func(ctx context.Context, s *client.Client, ref string) (string, error) {
			return "the assignment is taken away", s.UnassignConfig(ctx, ref)
		},
	})
}

func (g *group) retry() *cobra.Command {
	return g.plain("retry", "Offer once more the configuration that failed", act{
		question: "Offer %s the configuration once more?", batch: client.Batch{Action: client.ActionRetry},
		one: func(ctx context.Context, s *client.Client, ref string) (string, error) {
			return "the configuration is offered once more", s.RetryConfig(ctx, ref)
		},
	})
}

func (g *group) restart() *cobra.Command {
	return g.plain("restart", "Ask connected agents to restart", act{
		question: "Restart %s?", batch: client.Batch{Action: client.ActionRestart},
		one: func(ctx context.Context, s *client.Client, ref string) (string, error) {
			return "asked to restart", s.RestartAgent(ctx, ref)
		},
	})
}

// plain is an act that needs to know nothing but which agents.
func (g *group) plain(name, short string, a act) *cobra.Command {
	var m many
	cmd := &cobra.Command{
		Use:               fmt.Sprintf("%s AGENT... | %s --selector SELECTOR", name, name),
		Short:             short,
		Example:           fmt.Sprintf("  ollystack agents %s edge-eu-17\n  ollystack agents %s --selector region=eu", name, name),
		ValidArgsFunction: g.conn.Agents(g.World),
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case m.selector != "" && len(args) > 0:
				return cli.Usagef("--selector says which agents: leave out %q", args[0])
			case m.selector == "" && len(args) == 0 || slices.Contains(args, ""):
				return cli.Usagef("which agents? Name them, or say which with --selector")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.act(cmd.Context(), &m, args, a) },
	}
	m.register(g, cmd)
	return cmd
}

// act is something that is done to agents.
type act struct {
	question string // of the confirmation, with how many
	batch    client.Batch
	one      func(ctx context.Context, s *client.Client, ref string) (outcome string, err error)
}

// act does it, to the agents that are named or to those that the selector takes.
func (g *group) act(ctx context.Context, m *many, refs []string, a act) error {
	server, err := g.conn.Open(g.World)
	if err != nil {
		return err
	}
	if m.selector != "" {
		return g.batch(ctx, server, m, a)
	}
	return g.each(ctx, server, refs, a.one)
}

// each does one after the other. What fails does not keep the rest from it; the first failure says how it ends.
func (g *group) each(ctx context.Context, server *client.Client, refs []string, one func(context.Context, *client.Client, string) (string, error)) error {
	var failed error
	for _, ref := range refs {
		outcome, err := one(ctx, server, ref)
		switch {
		case err == nil:
			fmt.Fprintf(g.Stdout, "%s: %s\n", cli.Plain(ref), outcome)
		case ctx.Err() != nil || client.KindOf(err) == client.Unreachable:
			return errors.Join(failed, err)
		case len(refs) > 1:
			err = fmt.Errorf("%s: %w", cli.Plain(ref), err)
			fallthrough
		default:
			failed = errors.Join(failed, err)
		}
	}
	if failed == nil {
		return nil
	}
	return hint(failed)
}
