// Command ollystack is the control plane: `ollystack serve` runs it, the other
// commands are its clients or check configurations without it. docs/cli.md
// describes them all.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Set by the linker.
var (
	version = "devel"
	commit  = ""
)

func main() {
	// The first signal ends ctx and brings the default back, so that the second ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, surroundings{
		args: os.Args[1:], environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		build: build(version, commit),
	}))
}
