package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
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
	raw   io.Writer // standard output itself
}

// run runs one command and returns the exit code of the process.
func run(ctx context.Context, s surroundings) int {
	s.raw = s.Stdout
	results := &remembering{to: s.Stdout}
	if s.Screen.Width == 0 { // an editor wants the terminal itself, which is never full
		s.Stdout = results
	}
	s.OwnServer = func(conf *tls.Config) (*url.URL, error) { return ownServer(s, conf) }
	root := newRoot(s)
	root.SetArgs(append([]string{}, s.args...)) // nil would be the process's own
	root.SetIn(s.Stdin)
	root.SetOut(s.Stdout)
	root.SetErr(s.Stderr)
	called, err := root.ExecuteContextC(ctx)
	if err == nil && called.Name() != "serve" { // a server is no failure because nobody could read where it is
		err = results.err()
	}
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
		Use:           "ollystack",
		Short:         "A self-hosted control plane for OpenTelemetry Collectors, over OpAMP",
		Args:          cli.Subcommand,
		Version:       s.build.Version, // --version; there is no -v, which others take for "verbose"
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate(versionText(s.build))
	root.Flags().Bool("version", false, "print the version, as the command of that name does")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return cli.UsageError(err) })
	root.AddCommand(
		newServe(s), newValidate(s), newHealthcheck(s), newToken(s), newSeed(s), newBackup(s), newRestore(s), newStore(s), newVersion(s), newMan(s), newCompletion(s),
		cli.NewExitCodes(), contextcmd.New(s.World), agentcmd.New(s.World), configcmd.New(s.World), fleetcmd.NewStatus(s.World), fleetcmd.NewEvents(s.World),
		applycmd.NewApply(s.World), applycmd.NewExport(s.World))
	return root
}
