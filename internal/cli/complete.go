package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/client"
)

const (
	// completionPatience is how long a shell waits for names before it has none.
	completionPatience = 2 * time.Second
	// mostCompletions is how many names are offered.
	mostCompletions = 100
)

// Agents completes agents by their names, and by their ids, which alone tell apart those of the same name.
func (c *Connection) Agents(w World) cobra.CompletionFunc {
	return c.completion(w, names(func(ctx context.Context, s *client.Client, typed string) []string {
		agents, _, err := s.FirstAgents(ctx, client.AgentFilter{Query: typed, OrderBy: "name"}, mostCompletions)
		if err != nil {
			return nil
		}
		names := make([]string, len(agents))
		for i, a := range agents {
			same := func(other client.Agent) bool { return other.Name == a.Name && other.ID != a.ID }
			names[i] = a.Name
			if !strings.HasPrefix(a.Name, typed) || slices.ContainsFunc(agents, same) {
				names[i] = a.ID + "\t" + Plain(a.Name) // what follows the tab is shown beside it
			}
		}
		return names
	}))
}

// Configs completes configurations by their names.
func (c *Connection) Configs(w World) cobra.CompletionFunc {
	return c.completion(w, names(func(ctx context.Context, s *client.Client, typed string) []string {
		var names []string
		for config, err := range s.Configs(ctx, client.ConfigFilter{Query: typed, OrderBy: "name"}) {
			if err != nil || len(names) == mostCompletions {
				break
			}
			names = append(names, config.Name)
		}
		return names
	}))
}

// asked finds what may stand where something was typed, and how a shell has to go on there.
type asked func(ctx context.Context, s *client.Client, typed string) ([]string, cobra.ShellCompDirective)

// names are words of their own: no file stands in their place.
func names(find func(ctx context.Context, s *client.Client, typed string) []string) asked {
	return func(ctx context.Context, s *client.Client, typed string) ([]string, cobra.ShellCompDirective) {
		return find(ctx, s, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// completion asks the server, and gives up soon: a shell does not show errors.
func (c *Connection) completion(w World, ask asked) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		if c.Timeout > completionPatience || c.Timeout == 0 {
			c.Timeout = completionPatience
		}
		server, err := c.Open(w)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
		defer cancel()
		var fit []string
		found, directive := ask(ctx, server, typed)
		for _, name := range found {
			word, _, _ := strings.Cut(name, "\t")
			if strings.HasPrefix(word, typed) && Plain(word) == word {
				fit = append(fit, name)
			}
		}
		return fit, directive
	}
}

// At has an argument completed only at its place, from 0.
func At(place int, complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) != place {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, typed)
	}
}

// CompleteFlag completes the values of a flag of cmd.
func CompleteFlag(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	_ = cmd.RegisterFlagCompletionFunc(flag, complete) // fails for a flag that is not there
}

// OneOf completes from a list.
func OneOf(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// CompleteContexts completes the names of contexts.
func CompleteContexts(w World) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		contexts, err := LoadContexts(w)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return contexts.Names(), cobra.ShellCompDirectiveNoFileComp
	}
}
