package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/app"
	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/storage/bolt"
)

func newStore(s surroundings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Look after the store of a stopped server: check, compact, stats",
		Long: `Look after the store of a server that is stopped. The data directory is that of
the settings (--config, --data-dir, ...), as for serve.`,
		Args: cli.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStoreCheck(s), newStoreCompact(s), newStoreStats(s))
	return cmd
}

// onStore makes a command that does something with the store in the settings' data directory.
func onStore(s surroundings, use, short, long string, do func(dataDir string) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dataDir, err := dataDirOf(cmd, s)
			if err != nil {
				return err
			}
			return do(dataDir)
		},
	}
	cmd.Flags().SortFlags = false
	registerHidden(cmd, "config", "data-dir")
	return cmd
}

func newStoreCheck(s surroundings) *cobra.Command {
	return onStore(s, "check", "Read all of the store and say what is wrong with it",
		`Read all of the store, change nothing, and say what is wrong with it: every page,
every record and its checksum, and what records say of each other.

Exit code 0: nothing is. 1: something is, or it could not be read.`,
		func(dataDir string) error {
			stats, problems, err := app.CheckStore(dataDir)
			if err != nil {
				return err
			}
			file := app.StoreFile(dataDir)
			for _, p := range problems {
				fmt.Fprintf(s.Stdout, "%s: %s\n", file, p)
			}
			if len(problems) > 0 {
				return errors.New("the store is damaged: restore a backup (ollystack restore FILE)")
			}
			fmt.Fprintf(s.Stdout, "%s: %s\n", file, described(stats))
			return nil
		})
}

func newStoreCompact(s surroundings) *cobra.Command {
	return onStore(s, "compact", "Give the space that has become free in the store back to the system",
		`Write the store anew without the space that has become free in it, check that,
and put it in the old one's place. It needs room for the new one meanwhile.`,
		func(dataDir string) error {
			before, after, err := app.CompactStore(dataDir)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.Stdout, "%s: %s instead of %s\n", app.StoreFile(dataDir), size(after.Size), size(before.Size))
			return nil
		})
}

func newStoreStats(s surroundings) *cobra.Command {
	var output cli.Format
	cmd := onStore(s, "stats", "Show how large the store is and what is in it", "",
		func(dataDir string) error {
			stats, err := app.StatStore(dataDir)
			if err != nil {
				return err
			}
			if output.Is(cli.FormatJSON) {
				return cli.PrintJSON(s.Stdout, viewStats(app.StoreFile(dataDir), stats))
			}
			return printStats(s.Stdout, app.StoreFile(dataDir), stats)
		})
	output.Register(cmd, cli.FormatText, cli.FormatJSON)
	return cmd
}

// statsView is what the JSON says.
type statsView struct {
	File      string         `json:"file"`
	Schema    uint64         `json:"schema"`
	Size      int64          `json:"size_bytes"`
	Used      int64          `json:"used_bytes"`
	Free      int64          `json:"free_bytes"`
	StoppedAt *time.Time     `json:"stopped_at"` // null after a crash
	Records   map[string]int `json:"records"`
}

func viewStats(file string, stats bolt.Stats) statsView {
	v := statsView{
		File: file, Schema: stats.Schema, Size: stats.Size, Used: stats.Used, Free: stats.Free, Records: map[string]int{},
	}
	if !stats.StoppedAt.IsZero() {
		v.StoppedAt = &stats.StoppedAt
	}
	for _, b := range stats.Buckets {
		v.Records[b.Name] = b.Records
	}
	return v
}

func printStats(w io.Writer, file string, stats bolt.Stats) error {
	stopped := "not cleanly"
	if !stats.StoppedAt.IsZero() {
		stopped = stats.StoppedAt.UTC().Format(time.RFC3339)
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "file\t%s\n", file)
	fmt.Fprintf(table, "schema\t%d\n", stats.Schema)
	fmt.Fprintf(table, "size\t%s\n", size(stats.Size))
	fmt.Fprintf(table, "used\t%s\n", size(stats.Used))
	fmt.Fprintf(table, "free\t%s\n", size(stats.Free))
	fmt.Fprintf(table, "stopped\t%s\n", stopped)
	for _, b := range stats.Buckets {
		fmt.Fprintf(table, "%s\t%d\n", b.Name, b.Records)
	}
	return table.Flush()
}
