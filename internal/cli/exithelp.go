package cli

import "github.com/spf13/cobra"

// NewExitCodes makes the page about exit codes, of `ollystack help exit-codes`.
func NewExitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `What the exit codes of all commands mean.

  0    it went well; for what compares (diff, --dry-run) also where there are differences
  1    it was tried and did not go well; for validate: a configuration has errors
  2    it was not even tried: wrong arguments or settings, or nobody could be asked
       to confirm it; for validate: a file could not be checked
  3    what was named is not there
  4    the server refused it because it has errors; they are listed with their lines
  5    its present state forbids it, somebody else changed it in between, or it would
       reach more agents than the server's guard allows
  6    the token is missing, wrong or does not allow it
  7    the server did not answer
  130, 143
       a second SIGINT or SIGTERM ended it at once`,
	}
}
