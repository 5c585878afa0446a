package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
)

// world is what a run of the program sees of what surrounds it.
type world struct {
	args    []string // without the program's name
	environ []string // as os.Environ returns it
	stdout  io.Writer
	stderr  io.Writer
	// exec replaces the process, as syscall.Exec does.
	exec func(path string, argv, env []string) error
	// systemctl runs systemctl and returns what it has printed.
	systemctl func(ctx context.Context, args ...string) (string, error)
}

// env returns the value of an environment variable, empty where it is not set.
func (w world) env(name string) string {
	value := ""
	for _, kv := range w.environ {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			value = v
		}
	}
	return value
}

// Exit codes, the same as those of `ollystack`.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// usageError is about how the program was called: nothing was tried.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run runs one command and returns the exit code of the process.
func run(ctx context.Context, w world) int {
	root := newRoot(w)
	root.SetArgs(append([]string{}, w.args...)) // nil would be the process's own
	root.SetOut(w.stdout)
	root.SetErr(w.stderr)
	called, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(w.stderr, "ollystack-collector: %v\n", err)
	if errors.As(err, &usageError{}) {
		fmt.Fprintf(w.stderr, "See '%s --help'.\n", called.CommandPath())
		return exitUsage
	}
	return exitFailure
}

func newRoot(w world) *cobra.Command {
	root := &cobra.Command{
		Use:   "ollystack-collector",
		Short: "An OpenTelemetry Collector that is managed by OllyStack Control Plane",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("there is no command %q", args[0])
			}
			return nil
		},
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newEnrol(w), newRun(w), newVersion(w))
	return root
}

func newVersion(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(w.stdout, "ollystack-collector %s\n%s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

// noArgs is for commands that take flags alone.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, and got %q", cmd.CommandPath(), args[0])
	}
	return nil
}
