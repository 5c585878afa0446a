package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/app"
	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
	"github.com/ollystack/control-plane/storage/bolt"
)

// standardOutput is the argument that stands for it.
const standardOutput = "-"

// backupOptions are the flags of the command.
type backupOptions struct {
	remote cli.Connection
	dir    string
	keep   int
	force  bool
}

func newBackup(s surroundings) *cobra.Command {
	var o backupOptions
	cmd := &cobra.Command{
		Use:   "backup FILE | backup --dir DIR",
		Short: "Copy the store of a running server into a file",
		Long: `Copy the store of a running server into a file, which ollystack restore takes.
The server is asked over its API, with an admin token. What arrived is checked
before it gets its name: until then it is FILE.partial. "-" is standard output,
where only its digest can be checked.

With --dir the file is named after the time, ollystack-20261126T021500Z.db, and
when it is whole, all but the newest files of such names are deleted.`,
		Example: `  ollystack backup fleet-before-upgrade.db --token-file admin.token
  ollystack backup --dir /var/backups/ollystack --keep 14 --local`,
		Args: func(_ *cobra.Command, args []string) error { return o.check(args) },
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s, args) },
	}
	o.remote.Register(cmd.Flags())
	cmd.Flags().StringVar(&o.dir, "dir", "", "write a file named after the time into `DIR`")
	cmd.Flags().IntVar(&o.keep, "keep", 0, "with --dir: keep the newest `N` backups there and delete older ones; 0 keeps all")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace FILE if it exists")
	return cmd
}

func (o *backupOptions) check(args []string) error {
	switch {
	case o.dir == "" && len(args) != 1:
		return cli.UsageError(errors.New("where to? Name one file, - for standard output, or a directory with --dir"))
	case o.dir != "" && (len(args) > 0 || o.force):
		return cli.UsageError(errors.New("--dir names the file itself: leave out FILE and --force"))
	case o.dir == "" && o.keep != 0:
		return cli.UsageError(errors.New("--keep needs --dir"))
	case o.keep < 0:
		return cli.UsageError(errors.New("--keep is a number of backups, or 0 for all"))
	}
	return nil
}

func (o *backupOptions) run(ctx context.Context, s surroundings, args []string) error {
	server, err := o.remote.Open(s.World)
	if err != nil {
		return err
	}
	if o.dir == "" && args[0] == standardOutput {
		_, err := server.Backup(ctx, s.Stdout)
		return err
	}
	file := ""
	if o.dir == "" {
		file = args[0]
	} else {
		if err := os.MkdirAll(o.dir, 0o700); err != nil {
			return fmt.Errorf("make the directory for backups: %w", err)
		}
		file = filepath.Join(o.dir, backupName(time.Now()))
	}
	stats, err := backupTo(ctx, server, file, o.force)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Stdout, "%s: %s\n", file, described(stats))
	if o.keep > 0 {
		return prune(s.Stdout, o.dir, filepath.Base(file), o.keep, time.Now())
	}
	return nil
}

// backupTo writes a checked backup to file, which must not exist unless force is set.
func backupTo(ctx context.Context, server *client.Client, file string, force bool) (stats bolt.Stats, err error) {
	if _, err := os.Lstat(file); err == nil && !force {
		return stats, alreadyThere(file)
	}
	partial := file + partialSuffix
	if err := os.Remove(partial); err != nil && !errors.Is(err, os.ErrNotExist) {
		return stats, err
	}
	out, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return stats, err
	}
	defer func() { _ = os.Remove(partial) }() // it has another name by then, if all went well
	_, err = server.Backup(ctx, out)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return stats, err
	}
	if stats, err = app.CheckBackup(partial); err != nil {
		return stats, err
	}
	if err := name(partial, file, force); err != nil {
		return stats, err
	}
	return stats, syncDir(filepath.Dir(file))
}

// name gives the file its name, and takes it from no other unless force is set.
func name(partial, file string, force bool) error {
	if force {
		return os.Rename(partial, file)
	}
	err := os.Link(partial, file)
	switch {
	case errors.Is(err, os.ErrExist):
		return alreadyThere(file)
	case err != nil: // a filesystem without links
		return os.Rename(partial, file)
	}
	return nil
}

func alreadyThere(file string) error {
	return fmt.Errorf("%s exists already: choose another name, or replace it with --force", file)
}

// syncDir makes the names in a directory last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// described says in a line what a store holds.
func described(stats bolt.Stats) string {
	records := map[string]int{}
	for _, b := range stats.Buckets {
		records[b.Name] = b.Records
	}
	return fmt.Sprintf("%s, %s, %s, %s; checked", size(stats.Size),
		cli.Count(records["agents"], "agent"), cli.Count(records["configs"], "configuration"), cli.Count(records["tokens"], "token"))
}

// size is a number of bytes for people.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
