package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/app"
	"github.com/ollystack/control-plane/internal/cli"
)

func newRestore(s surroundings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of a stopped server's store",
		Long: `Put a backup in the place of the store of a server that is stopped. All of the
backup is checked first. The store that was there is kept beside the new one,
which belongs to the same user. The data directory is that of the settings
(--config, --data-dir, ...), as for serve.

Agents that have moved on since the backup are asked for their state; whatever
else was done since is gone: configurations, assignments, and which tokens were
made and revoked.`,
		Example: `  systemctl stop ollystack-control-plane
  ollystack restore /var/backups/ollystack/ollystack-20261126T021500Z.db
  systemctl start ollystack-control-plane`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError(errors.New("which backup? Name one file"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dataDir, err := dataDirOf(cmd, s)
			if err != nil {
				return err
			}
			done, err := app.RestoreStore(cmd.Context(), args[0], dataDir, time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintf(s.Stdout, "%s: %s\n", app.StoreFile(dataDir), described(done.Stats))
			if done.Aside != "" {
				fmt.Fprintf(s.Stdout, "The store that was there before is %s; delete it when you are content.\n", filepath.Clean(done.Aside))
			}
			return nil
		},
	}
	cmd.Flags().SortFlags = false
	registerHidden(cmd, "config", "data-dir")
	return cmd
}

// dataDirOf is the data directory of the server with these settings.
func dataDirOf(cmd *cobra.Command, s surroundings) (string, error) {
	own, err := ownSettings(s, cmd.Flags())
	return own.DataDir, err
}
