// Command ollystack-collector sets up a collector under the OpAMP supervisor: with
// `enrol` on a node where the package is installed, with `run` in a container.
// It speaks to the control plane from outside and shares no code with it.
// docs/agents.md describes both ways.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// version is set by the linker.
var version = "devel"

func main() {
	w := world{
		args: os.Args[1:], environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr,
		exec: syscall.Exec, systemctl: runSystemctl,
	}
	// `run` becomes the supervisor, so it must not have signals caught for it.
	if filepath.Base(os.Args[0]) == "wget" {
		os.Exit(wget(context.Background(), w))
	}
	if len(w.args) > 0 && w.args[0] == "run" {
		os.Exit(run(context.Background(), w))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, w)
	stop()
	os.Exit(code)
}
