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
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals // asks for an orderly end
		cancel()
		if second, ok := (<-signals).(syscall.Signal); ok { // does not want to wait for it
			os.Exit(exitSignal + int(second))
		}
	}()
	os.Exit(run(ctx, surroundings{
		args: os.Args[1:], environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		build: build(version, commit),
	}))
}
