package configcmd

import (
	"fmt"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
)

func (g *group) diff() *cobra.Command {
	var from, to int
	var file string
	cmd := &cobra.Command{
		Use:   "diff NAME",
		Short: "Compare two versions of a configuration, or one with a file",
		Long: `Compare two versions of a configuration, by default the newest with the one
before; or, with -f, a file with the newest version or the one in --from. Prints a
unified diff; where both are the same, it is empty. The exit code is 0 either way.`,
		Example: `  ollystack configs diff production
  ollystack configs diff production --from 2 --to 4
  ollystack configs diff production -f production.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case from < 0 || to < 0:
				return cli.Usagef("--from and --to are numbers of versions, from 1")
			case file != "" && to != 0:
				return cli.Usagef("-f says what to compare with: leave out --to")
			}
			return cli.Exactly(1, oneConfig)(cmd, args)
		},
		ValidArgsFunction: cli.At(0, g.conn.Configs(g.World)),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := g.conn.Open(g.World)
			if err != nil {
				return err
			}
			if file == "" {
				text, err := server.DiffVersions(cmd.Context(), args[0], from, to)
				if err != nil {
					return hint(err)
				}
				g.differences(text, args[0])
				return nil
			}
			now, err := server.Config(cmd.Context(), args[0])
			if err != nil {
				return hint(err)
			}
			version, body := now.Version, now.Config
			if from != 0 {
				v, err := server.Version(cmd.Context(), args[0], from)
				if err != nil {
					return hint(err)
				}
				version, body = v.Version, v.Config
			}
			text, err := g.body(file)
			if err != nil {
				return err
			}
			g.differences(string(diff.Diff(fmt.Sprintf("%s v%d", now.Name, version), []byte(body), file, []byte(text))), args[0])
			return nil
		},
	}
	cmd.Flags().IntVar(&from, "from", 0, "version `N`; by default the one before --to, or with -f the newest")
	cmd.Flags().IntVar(&to, "to", 0, "version `N`; by default the newest")
	cmd.Flags().StringVarP(&file, "file", "f", "", "compare with this `FILE`; - is standard input")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml") // fails for a flag that is not there
	return cmd
}

// differences prints a diff. That there is none is told beside it, so that nobody wonders.
func (g *group) differences(diff, name string) {
	g.PrintDiff(diff)
	if diff == "" {
		fmt.Fprintf(g.Stderr, "No differences. `ollystack configs history %s` shows the versions.\n", cli.Plain(name))
	}
}
