package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/internal/app"
)

// tokenView is a token as the commands print it.
type tokenView struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      fleet.Role `json:"role"`
	CreatedAt time.Time  `json:"created_at"`
	Text      string     `json:"token,omitempty"` // once, where it is made
}

// tokenKeeper is a server, or the store of one that is stopped.
type tokenKeeper interface {
	create(ctx context.Context, name, role string) (tokenView, error)
	list(ctx context.Context) ([]tokenView, error)
	revoke(ctx context.Context, id string) error
	close() error
}

func newToken(s surroundings) *cobra.Command {
	var dataDir string
	var remote remoteOptions
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make, list and revoke tokens",
		Long: `Make, list and revoke tokens: for people and programs that use the API, and for
agents that connect.

A running server is asked over its API, with an admin token. The store of a
stopped one is opened with --data-dir, which needs no token: this is the way
back in when the last admin token was lost.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	remote.register(cmd.PersistentFlags())
	cmd.PersistentFlags().StringVar(&dataDir, "data-dir", "", "open the store in this `DIR` instead, of a server that is stopped")

	with := func(use func(context.Context, tokenKeeper) error) func(*cobra.Command, []string) error {
		return func(cmd *cobra.Command, _ []string) (err error) {
			if dataDir != "" && (cmd.Flags().Changed("server") || cmd.Flags().Changed("local") || cmd.Flags().Changed("token-file")) {
				return usageError(errors.New("--data-dir is for a server that is stopped, --server, --local and --token-file for one that runs: give one or the other"))
			}
			keeper, err := openKeeper(s, dataDir, remote)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, keeper.close()) }()
			return use(cmd.Context(), keeper)
		}
	}
	cmd.AddCommand(newTokenCreate(s, with), newTokenList(s, with), newTokenRevoke(with))
	return cmd
}

func openKeeper(s surroundings, dataDir string, remote remoteOptions) (tokenKeeper, error) {
	if dataDir == "" {
		return openRemote(s, remote)
	}
	store, err := app.OpenTokenStore(dataDir)
	if err != nil {
		return nil, err
	}
	return storedTokens{store}, nil
}

type withKeeper func(use func(context.Context, tokenKeeper) error) func(*cobra.Command, []string) error

func newTokenCreate(s surroundings, with withKeeper) *cobra.Command {
	output, role := outputText, ""
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
				return usageError(errors.New("a token has one name: say what it is for"))
			}
			switch fleet.Role(role) {
			case fleet.RoleAdmin, fleet.RoleRead, fleet.RoleAgent:
				return nil
			}
			return usageError(errors.New("--role must be admin, read or agent"))
		},
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return with(func(ctx context.Context, keeper tokenKeeper) error {
			t, err := keeper.create(ctx, args[0], role)
			if err != nil {
				return err
			}
			if output == outputJSON {
				return printJSON(s.stdout, t)
			}
			fmt.Fprintf(s.stderr, "Made the token %q with the role %s. Its text is not shown again; to take it back:\n\n  ollystack token revoke %s\n\n", t.Name, t.Role, t.ID)
			fmt.Fprintln(s.stdout, t.Text)
			return nil
		})(cmd, args)
	}
	cmd.Flags().StringVar(&role, "role", "", "what its bearer may do: admin, read or agent `ROLE`")
	output.register(cmd)
	return cmd
}

func newTokenList(s surroundings, with withKeeper) *cobra.Command {
	output := outputText
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tokens, without their texts",
		Args:  noArgs,
		RunE: with(func(ctx context.Context, keeper tokenKeeper) error {
			tokens, err := keeper.list(ctx)
			if err != nil {
				return err
			}
			if output == outputJSON {
				return printJSON(s.stdout, map[string]any{"tokens": tokens})
			}
			return printTokens(s.stdout, tokens)
		}),
	}
	output.register(cmd)
	return cmd
}

func printTokens(w io.Writer, tokens []tokenView) error {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "ID\tROLE\tNAME\tCREATED")
	for _, t := range tokens {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", t.ID, t.Role, t.Name, t.CreatedAt.UTC().Format(time.RFC3339))
	}
	return table.Flush()
}

func newTokenRevoke(with withKeeper) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "Revoke a token: what comes with it next is refused",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(errors.New("which token? Give the ID that `ollystack token list` shows"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return with(func(ctx context.Context, keeper tokenKeeper) error {
				return keeper.revoke(ctx, args[0])
			})(cmd, args)
		},
	}
}

// storedTokens are the tokens of a server that is stopped.
type storedTokens struct{ store *app.TokenStore }

func (s storedTokens) create(ctx context.Context, name, role string) (tokenView, error) {
	t, text, err := s.store.Create(ctx, name, fleet.Role(role))
	view := viewToken(t)
	view.Text = text
	return view, err
}

func (s storedTokens) list(ctx context.Context) ([]tokenView, error) {
	tokens, err := s.store.List(ctx)
	views := make([]tokenView, 0, len(tokens))
	for _, t := range tokens {
		views = append(views, viewToken(t))
	}
	return views, err
}

func (s storedTokens) revoke(ctx context.Context, id string) error { return s.store.Revoke(ctx, id) }
func (s storedTokens) close() error                                { return s.store.Close() }

func viewToken(t fleet.Token) tokenView {
	return tokenView{ID: t.ID, Name: t.Name, Role: t.Role, CreatedAt: t.CreatedAt.UTC()}
}
