package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/app"
)

// surroundings are what a run of the program sees of the world.
type surroundings struct {
	args    []string // without the program's name
	environ []string // as os.Environ returns it
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	build   app.Build
}

// env returns the value of an environment variable, empty where it is not set.
func (s surroundings) env(name string) string {
	value := ""
	for _, kv := range s.environ {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			value = v
		}
	}
	return value
}

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1   // it was tried and did not go well; for validate: a configuration has errors
	exitUsage   = 2   // it was not even tried: wrong arguments; for validate: a file could not be checked
	exitSignal  = 128 // plus the number of the second signal, as a shell counts
)

// exitError is an error with an exit code of its own. Without err, all has been said.
type exitError struct {
	code int
	err  error
	help bool // the command's help may help
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usageError(err error) error { return &exitError{code: exitUsage, err: err, help: true} }

// run runs one command and returns the exit code of the process.
func run(ctx context.Context, s surroundings) int {
	root := newRoot(s)
	root.SetArgs(append([]string{}, s.args...)) // nil would be the process's own
	root.SetIn(s.stdin)
	root.SetOut(s.stdout)
	root.SetErr(s.stderr)
	called, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	own, ok := errors.AsType[*exitError](err)
	if !ok {
		own = &exitError{code: exitFailure, err: err}
	}
	if own.err != nil {
		s.complain(fmt.Sprintf("ollystack: %v", err))
	}
	if own.help {
		s.complain(fmt.Sprintf("See '%s --help'.", called.CommandPath()))
	}
	return own.code
}

// complain says why the program ends, in the journal with the priority of an error on each line.
func (s surroundings) complain(text string) {
	if isJournal(s, s.stderr) {
		text = priorityError + strings.ReplaceAll(text, "\n", "\n"+priorityError)
	}
	fmt.Fprintln(s.stderr, text)
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
			return usageError(err)
		},
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(err) })
	root.AddCommand(newServe(s), newValidate(s), newHealthcheck(s), newToken(s), newSeed(s), newBackup(s), newRestore(s), newStore(s), newVersion(s), newMan(s))
	return root
}

// noArgs is for commands that take flags alone.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(fmt.Errorf("%s takes no arguments, and got %q", cmd.CommandPath(), args[0]))
	}
	return nil
}
