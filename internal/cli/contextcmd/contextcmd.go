// Package contextcmd is `ollystack context`: servers by a name.
package contextcmd

import (
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
)

// New makes the command.
func New(w cli.World) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "context",
		Short: "Name servers, and say which one is asked",
		Long: `Name servers, and say which one is asked where neither --server nor
OLLYSTACK_SERVER does. They are kept in ollystack/config.yaml in XDG_CONFIG_HOME,
or else in ~/.config, readable by you alone.`,
		Args: cli.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newList(w), newUse(w), newSet(w), newDelete(w))
	return cmd
}

// shown is a context as list shows it, without a token.
type shown struct {
	Name    string `json:"name"`
	Current bool   `json:"current"`
	cli.Context
}

func newList(w cli.World) *cobra.Command {
	var output cli.Format
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the contexts; the current one has a *",
		Args:  cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			contexts, err := cli.LoadContexts(w)
			if err != nil {
				return err
			}
			all := []shown{}
			table := cli.NewTable(cli.Column{}, cli.Column{Title: "NAME"}, cli.Column{Title: "SERVER", Keep: true}, cli.Column{Title: "TOKEN"}, cli.Column{Title: "AUTHORITY"})
			for _, name := range contexts.Names() {
				c := contexts.Contexts[name]
				all = append(all, shown{name, name == contexts.Current, c})
				mark, token := " ", c.TokenFile
				if name == contexts.Current {
					mark = "*"
				}
				if c.Token != "" {
					token = "(in the file)"
				}
				table.Texts(mark, name, c.Server, token, c.CAFile)
			}
			if len(all) == 0 && output.Is(cli.FormatTable) {
				fmt.Fprintln(w.Stderr, "No contexts.")
				return nil
			}
			return cli.Print(w, output, cli.View{
				Value: map[string]any{"contexts": all}, Names: contexts.Names(),
				Table: func(bool) *cli.Table { return table },
			})
		},
	}
	output.Register(cmd, cli.FormatTable, cli.FormatJSON, cli.FormatYAML, cli.FormatName)
	return cmd
}

func newUse(w cli.World) *cobra.Command {
	return &cobra.Command{
		Use:               "use NAME",
		Short:             "Make a context the current one",
		Args:              cli.Exactly(1, "which context? Name one"),
		ValidArgsFunction: cli.At(0, cli.CompleteContexts(w)),
		RunE: func(_ *cobra.Command, args []string) error {
			contexts, err := cli.LoadContexts(w)
			if err != nil {
				return err
			}
			of, err := contexts.Named(args[0])
			if err != nil {
				return err
			}
			contexts.Current = args[0]
			if err := contexts.Save(); err != nil {
				return err
			}
			fmt.Fprintf(w.Stdout, "%s: now %s is asked\n", args[0], of.Server)
			return nil
		},
	}
}

func newSet(w cli.World) *cobra.Command {
	var given cli.Context
	cmd := &cobra.Command{
		Use:   "set NAME --server URL",
		Short: "Make a context, or change one",
		Long: `Make a context, or change what is given of one. The first becomes the current
one. Files are kept by their whole path; the token itself is never an argument.`,
		Example:           `  ollystack context set production --server https://fleet.example:4320 --token-file ~/.config/ollystack/production.token`,
		Args:              cli.Exactly(1, "which context? Name one"),
		ValidArgsFunction: cli.At(0, cli.CompleteContexts(w)),
		RunE: func(_ *cobra.Command, args []string) error {
			contexts, err := cli.LoadContexts(w)
			if err != nil {
				return err
			}
			c, known := contexts.Contexts[args[0]]
			if !known && given.Server == "" {
				return cli.Usagef("which server is %q? Say it with --server", args[0])
			}
			if err := change(&c, given); err != nil {
				return err
			}
			contexts.Contexts[args[0]] = c
			if len(contexts.Contexts) == 1 {
				contexts.Current = args[0]
			}
			if err := contexts.Save(); err != nil {
				return err
			}
			fmt.Fprintf(w.Stdout, "%s: %s, in %s\n", args[0], c.Server, contexts.File())
			return nil
		},
	}
	cmd.Flags().StringVar(&given.Server, "server", "", "`URL` of the server")
	cmd.Flags().StringVar(&given.TokenFile, "token-file", "", "`FILE` with the token to use there")
	cmd.Flags().StringVar(&given.CAFile, "ca-file", "", "PEM `FILE` with the authority of its certificate, where the system does not know it")
	return cmd
}

// change sets what is given.
func change(c *cli.Context, given cli.Context) error {
	if given.Server != "" {
		if u, err := url.Parse(given.Server); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return cli.Usagef("%q is not the URL of a server: http://HOST:PORT or https://HOST:PORT", given.Server)
		}
		if c.Server != "" && c.Server != given.Server {
			*c = cli.Context{} // a token goes to the server that it was given for
		}
		c.Server = given.Server
	}
	for from, to := range map[string]*string{given.TokenFile: &c.TokenFile, given.CAFile: &c.CAFile} {
		if from == "" {
			continue
		}
		whole, err := filepath.Abs(from)
		if err != nil {
			return err
		}
		*to = whole
	}
	if given.TokenFile != "" {
		c.Token = ""
	}
	return nil
}

func newDelete(w cli.World) *cobra.Command {
	return &cobra.Command{
		Use:               "delete NAME",
		Short:             "Delete a context, and nothing of its server",
		Args:              cli.Exactly(1, "which context? Name one"),
		ValidArgsFunction: cli.At(0, cli.CompleteContexts(w)),
		RunE: func(_ *cobra.Command, args []string) error {
			contexts, err := cli.LoadContexts(w)
			if err != nil {
				return err
			}
			if _, err := contexts.Named(args[0]); err != nil {
				return err
			}
			delete(contexts.Contexts, args[0])
			if contexts.Current == args[0] {
				contexts.Current = ""
			}
			return contexts.Save()
		},
	}
}
