package applycmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/client"
	"github.com/ollystack/control-plane/internal/declared"
)

// export is a run of the command.
type export struct {
	w          cli.World
	connection cli.Connection
	folder     string
	set        string
	ofSet      bool
}

// NewExport makes the command.
func NewExport(w cli.World) *cobra.Command {
	e := &export{w: w}
	cmd := &cobra.Command{
		Use:   "export -o FOLDER",
		Short: "Write configurations as files that apply takes",
		Long: `Write a server's configurations into a folder, in the form that apply takes: applying
it to the same server changes nothing. A configuration that the folder declares
already is brought up to date where it is; everything else in it is left alone.`,
		Example: `  ollystack export -o configurations
  ollystack export -o configurations --set production`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e.ofSet = cmd.Flags().Changed("set")
			return e.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&e.folder, "output", "o", "", "`FOLDER` to write to; it is made where it is missing")
	flags.StringVar(&e.set, "set", "", "only what apply has made of the set `NAME`; an empty one is the set without a name")
	e.connection.Register(flags)
	return cmd
}

func (e *export) run(ctx context.Context) error {
	if e.folder == "" {
		return cli.Usagef("where to? Say so with -o FOLDER")
	}
	set, err := declared.SetLabel(e.set)
	if err != nil {
		return cli.UsageError(fmt.Errorf("--set: %w", err))
	}
	existing, err := readExisting(e.folder)
	if err != nil {
		return err
	}
	server, err := e.connection.Open(e.w)
	if err != nil {
		return err
	}
	all := []declared.Current{}
	s, err := readState(ctx, e.w, server, func(c client.Config) bool {
		all = append(all, declared.Current{Name: c.Name})
		return !e.ofSet || c.Labels[declared.ManagedBy] == set
	})
	if err != nil {
		return err
	}
	files, err := declared.Files(s.configs, existing)
	if err != nil {
		return err
	}
	done, err := declared.Write(e.folder, files)
	changed := 0
	for _, f := range done {
		if f.Changed {
			changed++
			fmt.Fprintln(e.w.Stdout, cli.Plain(filepath.Join(e.folder, filepath.FromSlash(f.Path))))
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(e.w.Stderr, "%s, %s written\n", cli.Count(len(s.configs), "configuration"), cli.Count(changed, "file"))
	for _, c := range declared.Missing(all, existing) {
		fmt.Fprintf(e.w.Stderr, "%s is left alone: the server has no configuration %q\n", cli.Plain(c.File), c.Name)
	}
	return nil
}

// readExisting reads what a folder declares already; nothing where there is none yet.
func readExisting(folder string) ([]declared.Config, error) {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, cli.Usagef("%s is not a folder", folder)
	}
	configs, err := declared.Read(folder)
	if faults, ok := errors.AsType[declared.Faults](err); ok {
		return nil, &cli.Error{Code: cli.ExitRefused, Err: cli.WithHint(fmt.Errorf("what is in %s already cannot be brought up to date:\n%w", folder, faults),
			"Mend that, or name an empty folder.")}
	}
	return configs, err
}
