package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

// NoArgs is for commands that take flags alone.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return UsageError(fmt.Errorf("%s takes no arguments, and got %q", cmd.CommandPath(), args[0]))
	}
	return nil
}

// Exactly wants n arguments, none of them empty; what asks for them if they are not.
func Exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n || slices.Contains(args, "") {
			return Usagef("%s", what)
		}
		return nil
	}
}
