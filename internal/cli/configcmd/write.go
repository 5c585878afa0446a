package configcmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
	"github.com/ollystack/control-plane/internal/declared"
)

// standardInput is the file that stands for it.
const standardInput = "-"

// spec is the flags that say what a configuration is.
type spec struct {
	file, selector, description, rename string

	labels   []string
	priority int
	confirm  int
}

func (s *spec) register(g *group, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&s.file, "file", "f", "", "the collector's configuration, from this `FILE`; - is standard input")
	flags.StringVar(&s.selector, "selector", "", "`SELECTOR` of the agents that it is meant for: env=production,service.name in (otelcol,edge)")
	flags.IntVar(&s.priority, "priority", 0, "where several selectors take an agent, the highest `N` wins")
	flags.StringArrayVar(&s.labels, "label", nil, "`KEY=VALUE`, a label of the configuration; any number of them")
	flags.StringVar(&s.description, "description", "", "what it is for, as `TEXT`")
	flags.IntVar(&s.confirm, "confirm-agents", 0, "`N` agents may be reached, where that is more than the server's guard allows")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml") // fails for a flag that is not there
	cli.CompleteFlag(cmd, "selector", g.conn.AgentSelector(g.World))
}

// into changes what the flags say of a configuration, and leaves the rest.
func (s *spec) into(cmd *cobra.Command, of *client.ConfigSpec) error {
	changed := cmd.Flags().Changed
	if changed("selector") {
		of.Selector = s.selector
	}
	if changed("priority") {
		of.Priority = s.priority
	}
	if changed("description") {
		of.Description = s.description
	}
	if s.rename != "" {
		of.Name = s.rename
	}
	changes, err := cli.LabelChanges(s.labels)
	if err != nil {
		return err
	}
	labels := map[string]string{}
	for k, v := range of.Labels {
		labels[k] = v
	}
	for k, v := range changes {
		if v == nil {
			delete(labels, k)
		} else {
			labels[k] = *v
		}
	}
	of.Labels = labels
	return nil
}

// mostBody bounds what is read of a file, in bytes: more than any server takes.
const mostBody = 8 << 20

// body reads the file.
func (g *group) body(file string) (string, error) {
	in, name := g.Stdin, "standard input"
	if file != standardInput {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in, name = f, file
	}
	text, err := io.ReadAll(io.LimitReader(in, mostBody+1))
	if err != nil {
		return "", err
	}
	if len(text) > mostBody {
		return "", &cli.Error{Code: cli.ExitRefused, Err: fmt.Errorf("%s is larger than %d bytes, and no collector's configuration", name, mostBody)}
	}
	return sendable(name, text)
}

// sendable is a text that reaches the server as it is.
func sendable(name string, text []byte) (string, error) {
	if line, err := declared.NotUTF8(text); err != nil {
		return "", &cli.Error{Code: cli.ExitRefused, Err: fmt.Errorf("%s:%d: %w", name, line, err)}
	}
	return string(text), nil
}

func (g *group) create() *cobra.Command {
	var s spec
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "create NAME -f FILE",
		Short: "Create a configuration",
		Long: `Create a configuration from a file. Without a selector it reaches only agents
that it is assigned to.`,
		Example: `  ollystack configs create production -f production.yaml --selector env=production --priority 10 --label team=platform
  ollystack configs create production -f production.yaml --selector env=production --dry-run`,
		Args: func(cmd *cobra.Command, args []string) error {
			if s.file == "" {
				return cli.Usagef("where is the configuration? Name its file with -f, or - for standard input")
			}
			return cli.Exactly(1, "what is it called? Give it one name")(cmd, args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := g.body(s.file)
			if err != nil {
				return err
			}
			of := client.ConfigSpec{Name: args[0], Config: text}
			if err := s.into(cmd, &of); err != nil {
				return err
			}
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			if dryRun {
				return g.preview(cmd.Context(), server, "", of)
			}
			c, err := server.CreateConfig(cmd.Context(), of, client.WriteOptions{Confirm: s.confirm})
			if err != nil {
				return taken(err, args[0])
			}
			fmt.Fprintf(g.Stdout, "%s: created, version %d, meant for %s\n", c.Name, c.Version, cli.Count(c.Agents.Total, "agent"))
			return nil
		},
	}
	s.register(g, cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say which agents would get it and which would lose what, and create nothing")
	return cmd
}

// taken says what to do where there is one of that name.
func taken(err error, name string) error {
	if client.KindOf(err) == client.Conflict && !strings.Contains(err.Error(), "confirm_agents") {
		return cli.WithHint(err, "To change the one that is there: ollystack configs edit %s", name)
	}
	return err
}

// preview says what a write would do.
func (g *group) preview(ctx context.Context, server *client.Client, ref string, of client.ConfigSpec) error {
	p, err := server.PreviewConfig(ctx, ref, of)
	if err != nil {
		return hint(err)
	}
	for _, f := range p.Findings {
		fmt.Fprintln(g.Stdout, cli.Plain(f.String()))
	}
	if !p.Valid {
		return &cli.Error{Code: cli.ExitRefused, Err: fmt.Errorf("the configuration %q would be refused: it has errors", of.Name)}
	}
	fmt.Fprintf(g.Stdout, "%s would have it: %d new, %d updated; %d would have it no more\n", cli.Count(p.Total, "agent"), p.Gains, p.Updates, p.Loses)
	if len(p.Changes) == 0 {
		return nil
	}
	t := cli.NewTable(cli.Column{Title: "AGENT"}, cli.Column{Title: "CHANGE"}, cli.Column{Title: "FROM"}, cli.Column{Title: "TO"})
	for _, c := range p.Changes {
		t.Texts(c.Name, c.Change, nameOf(c.From), nameOf(c.To))
	}
	if err := t.Write(g.Stdout, g.Screen); err != nil {
		return err
	}
	if p.Truncated {
		fmt.Fprintf(g.Stdout, "and %d more\n", p.Gains+p.Loses+p.Updates-len(p.Changes))
	}
	return nil
}

func nameOf(c *client.PreviewConfig) string {
	if c == nil {
		return ""
	}
	return c.Name
}

func (g *group) rollback() *cobra.Command {
	var to, confirm int
	cmd := &cobra.Command{
		Use:   "rollback NAME",
		Short: "Make a new version with the body of an earlier one",
		Example: `  ollystack configs rollback production
  ollystack configs rollback production --to 3`,
		Args: func(cmd *cobra.Command, args []string) error {
			if to < 0 {
				return cli.Usagef("--to is the number of a version, from 1")
			}
			return cli.Exactly(1, oneConfig)(cmd, args)
		},
		ValidArgsFunction: cli.At(0, g.conn.Configs(g.World)),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			now, err := server.Config(cmd.Context(), args[0])
			if err != nil {
				return hint(err)
			}
			version := to
			if version == 0 {
				version = now.Version - 1
			}
			if version == 0 {
				return fmt.Errorf("%s has one version only: there is nothing to go back to", now.Name)
			}
			c, err := server.RollbackConfig(cmd.Context(), now.ID, version, client.WriteOptions{IfMatch: now.ETag, Confirm: confirm})
			if err != nil {
				return hint(err)
			}
			if c.Version == now.Version {
				fmt.Fprintf(g.Stdout, "%s: version %d has that body already\n", c.Name, c.Version)
				return nil
			}
			fmt.Fprintf(g.Stdout, "%s: version %d has the body of version %d, meant for %s\n", c.Name, c.Version, version, cli.Count(c.Agents.Total, "agent"))
			return nil
		},
	}
	cmd.Flags().IntVar(&to, "to", 0, "the body of version `N`; by default that of the version before")
	cmd.Flags().IntVar(&confirm, "confirm-agents", 0, "`N` agents may be reached, where that is more than the server's guard allows")
	return cmd
}
