package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/app"
	"github.com/ollystack/control-plane/internal/cli"
	"github.com/ollystack/control-plane/internal/cli/agentcmd"
	"github.com/ollystack/control-plane/internal/cli/applycmd"
	"github.com/ollystack/control-plane/internal/cli/configcmd"
	"github.com/ollystack/control-plane/internal/cli/contextcmd"
	"github.com/ollystack/control-plane/internal/cli/fleetcmd"
)

// surroundings are what a run of the program sees of the world, and itself.
type surroundings struct {
	cli.World

	args  []string // without the program's name
	build app.Build
}

// run runs one command and returns the exit code of the process.
func run(ctx context.Context, s surroundings) int {
	s.OwnServer = func(conf *tls.Config) (*url.URL, error) { return ownServer(s, conf) }
	root := newRoot(s)
	root.SetArgs(append([]string{}, s.args...)) // nil would be the process's own
	root.SetIn(s.Stdin)
	root.SetOut(s.Stdout)
	root.SetErr(s.Stderr)
	called, err := root.ExecuteContextC(ctx)
	if err == nil {
		return cli.ExitOK
	}
	own, ok := errors.AsType[*cli.Error](err)
	if !ok || own.Err != nil {
		s.complain("ollystack: " + cli.Message(err))
	}
	if ok && own.Help {
		s.complain(fmt.Sprintf("See '%s --help'.", called.CommandPath()))
	}
	return cli.ExitCode(err)
}

// complain says why the program ends, in the journal with the priority of an error on each line.
func (s surroundings) complain(text string) {
	if isJournal(s, s.Stderr) {
		text = priorityError + strings.ReplaceAll(text, "\n", "\n"+priorityError)
	}
	fmt.Fprintln(s.Stderr, text)
}

func newRoot(s surroundings) *cobra.Command {
	root := &cobra.Command{
		Use:   "ollystack",
		Short: "A self-hosted control plane for OpenTelemetry Collectors, over OpAMP",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			cmd.SuggestionsMinimumDistance = 2
			err := fmt.Errorf("there is no command %q", args[0])
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
			}
			return cli.UsageError(err)
		},
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return cli.UsageError(err) })
	root.AddCommand(
		newServe(s), newValidate(s), newHealthcheck(s), newToken(s), newSeed(s), newBackup(s), newRestore(s), newStore(s), newVersion(s), newMan(s),
		cli.NewExitCodes(), contextcmd.New(s.World), agentcmd.New(s.World), configcmd.New(s.World), fleetcmd.NewStatus(s.World), fleetcmd.NewEvents(s.World),
		applycmd.NewApply(s.World), applycmd.NewExport(s.World))
	return root
}
