package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
)

// Exit codes.
const (
	exitOK     = 0
	exitMissed = 1 // a phase failed, or with --check a limit was missed
	exitUsage  = 2 // nothing was measured
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := mainCode(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// mainCode is the whole program, for main and for tests: figures to stdout,
// progress to stderr.
func mainCode(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opts, err := parseOptions(args)
	if errors.Is(err, pflag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintln(stderr, "fleetbench:", err)
		return exitUsage
	}
	result, err := runBench(ctx, opts, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		fmt.Fprintln(stderr, "fleetbench:", err)
		return exitUsage
	}
	out := json.NewEncoder(stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(result); err != nil {
		fmt.Fprintln(stderr, "fleetbench: write figures:", err)
		return exitUsage
	}
	if len(result.Failures) > 0 || missed(result.Limits) {
		return exitMissed
	}
	return exitOK
}
