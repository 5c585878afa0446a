package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/internal/app"
	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
)

// tokenKeeper is a server, or the store of one that is stopped.
type tokenKeeper interface {
	create(ctx context.Context, name, role string) (client.Token, error)
	list(ctx context.Context) ([]client.Token, error)
	revoke(ctx context.Context, id string) error
	close() error
}

func newToken(s surroundings) *cobra.Command {
	var dataDir string
	var remote cli.Connection
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make, list and revoke tokens",
		Long: `Make, list and revoke tokens: for people and programs that use the API, and for
agents that connect.

A running server is asked over its API, with an admin token. The store of a
stopped one is opened with --data-dir, which needs no token: this is the way
back in when the last admin token was lost.`,
		Args: cli.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	remote.Register(cmd.PersistentFlags())
	cmd.PersistentFlags().StringVar(&dataDir, "data-dir", "", "open the store in this `DIR` instead, of a server that is stopped")

	with := func(use func(context.Context, tokenKeeper) error) func(*cobra.Command, []string) error {
		return func(cmd *cobra.Command, _ []string) (err error) {
			if dataDir != "" && (cmd.Flags().Changed("server") || cmd.Flags().Changed("local") || cmd.Flags().Changed("context") || cmd.Flags().Changed("token-file")) {
				return cli.UsageError(errors.New("--data-dir is for a server that is stopped, --server, --local, --context and --token-file for one that runs: give one or the other"))
			}
			keeper, err := openKeeper(s, dataDir, remote)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, keeper.close()) }()
			return use(cmd.Context(), keeper)
		}
	}
	cmd.AddCommand(newTokenCreate(s, with), newTokenList(s, with), newTokenRevoke(s, with))
	return cmd
}

func openKeeper(s surroundings, dataDir string, remote cli.Connection) (tokenKeeper, error) {
	if dataDir == "" {
		server, err := remote.Open(s.World)
		return remoteTokens{server}, err
	}
	store, err := app.OpenTokenStore(dataDir)
	if err != nil {
		return nil, err
	}
	return storedTokens{store}, nil
}

type withKeeper func(use func(context.Context, tokenKeeper) error) func(*cobra.Command, []string) error

func newTokenCreate(s surroundings, with withKeeper) *cobra.Command {
	var output cli.Format
	role := ""
	cmd := &cobra.Command{
		Use:   "create NAME --role admin|read|agent",
		Short: "Make a token and print its text, this once",
		Long: `Make a token and print its text. It is shown this once; the server keeps a hash.

Roles: admin may do everything over the API; read may look, and scrape the
metrics; agent may connect over OpAMP and fetch packages for nodes.`,
		Example: `  ollystack token create prometheus --role read > prometheus.token
  ollystack token create me --role admin --data-dir /var/lib/ollystack`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError(errors.New("a token has one name: say what it is for"))
			}
			switch fleet.Role(role) {
			case fleet.RoleAdmin, fleet.RoleRead, fleet.RoleAgent:
				return nil
			}
			return cli.UsageError(errors.New("--role must be admin, read or agent"))
		},
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return with(func(ctx context.Context, keeper tokenKeeper) error {
			t, err := keeper.create(ctx, args[0], role)
			if err != nil {
				return err
			}
			if output.Is(cli.FormatJSON) {
				return cli.PrintJSON(s.Stdout, t)
			}
			fmt.Fprintf(s.Stderr, "Made the token %q with the role %s. Its text is not shown again; to take it back:\n\n  ollystack token revoke %s\n\n", t.Name, t.Role, t.ID)
			fmt.Fprintln(s.Stdout, t.Text)
			return nil
		})(cmd, args)
	}
	cmd.Flags().StringVar(&role, "role", "", "what its bearer may do: admin, read or agent `ROLE`")
	output.Register(cmd, cli.FormatText, cli.FormatJSON)
	return cmd
}

func newTokenList(s surroundings, with withKeeper) *cobra.Command {
	var output cli.Format
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tokens, without their texts",
		Args:  cli.NoArgs,
		RunE: with(func(ctx context.Context, keeper tokenKeeper) error {
			tokens, err := keeper.list(ctx)
			if err != nil {
				return err
			}
			return cli.Print(s.World, output, viewTokens(tokens))
		}),
	}
	output.Register(cmd, cli.FormatTable, cli.FormatJSON, cli.FormatYAML, cli.FormatName)
	return cmd
}

func viewTokens(tokens []client.Token) cli.View {
	table := cli.NewTable(cli.Column{Title: "ID", Keep: true}, cli.Column{Title: "ROLE"}, cli.Column{Title: "NAME"}, cli.Column{Title: "CREATED"})
	v := cli.View{Value: map[string]any{"tokens": tokens}, Table: func(bool) *cli.Table { return table }}
	for _, t := range tokens {
		table.Texts(t.ID, t.Role, t.Name, cli.Time(t.CreatedAt))
		v.Names = append(v.Names, t.ID)
	}
	return v
}

func newTokenRevoke(s surroundings, with withKeeper) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "revoke ID",
		Short: "Revoke a token: what comes with it next is refused",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError(errors.New("which token? Give the ID that `ollystack token list` shows"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return with(func(ctx context.Context, keeper tokenKeeper) error {
				if !yes && s.CanAsk() {
					if err := askToRevoke(ctx, s.World, keeper, args[0]); err != nil {
						return err
					}
				}
				return keeper.revoke(ctx, args[0])
			})(cmd, args)
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; it only ever asks on a terminal")
	return cmd
}

// askToRevoke says which token it is. One that is not there is left for the server to say so.
func askToRevoke(ctx context.Context, w cli.World, keeper tokenKeeper, id string) error {
	tokens, err := keeper.list(ctx)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if t.ID == id {
			return w.Confirm(ctx, false, fmt.Sprintf("Revoke the token %q with the role %s? What comes with it is refused from then on.", t.Name, t.Role))
		}
	}
	return nil
}

// remoteTokens are those of a server that runs.
type remoteTokens struct{ server *client.Client }

func (r remoteTokens) create(ctx context.Context, name, role string) (client.Token, error) {
	return r.server.CreateToken(ctx, name, role)
}

func (r remoteTokens) list(ctx context.Context) ([]client.Token, error) {
	return client.Collect(r.server.Tokens(ctx))
}

func (r remoteTokens) revoke(ctx context.Context, id string) error {
	return r.server.RevokeToken(ctx, id)
}

func (remoteTokens) close() error { return nil }

// storedTokens are the tokens of a server that is stopped.
type storedTokens struct{ store *app.TokenStore }

func (s storedTokens) create(ctx context.Context, name, role string) (client.Token, error) {
	t, text, err := s.store.Create(ctx, name, fleet.Role(role))
	view := viewToken(t)
	view.Text = text
	return view, err
}

func (s storedTokens) list(ctx context.Context) ([]client.Token, error) {
	tokens, err := s.store.List(ctx)
	views := make([]client.Token, 0, len(tokens))
	for _, t := range tokens {
		views = append(views, viewToken(t))
	}
	return views, err
}

func (s storedTokens) revoke(ctx context.Context, id string) error { return s.store.Revoke(ctx, id) }
func (s storedTokens) close() error                                { return s.store.Close() }

func viewToken(t fleet.Token) client.Token {
	return client.Token{ID: t.ID, Name: t.Name, Role: string(t.Role), CreatedAt: t.CreatedAt.UTC()}
}
