// Command ollystack is the control plane: `ollystack serve` runs it, the other
// commands are its clients or check configurations without it. docs/cli.md
// describes them all.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/ollystack/control-plane/internal/cli"
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
			os.Exit(cli.ExitSignal + int(second))
		}
	}()
	world := cli.World{
		Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: version,
	}
	world.Screen = world.Look()
	os.Exit(run(ctx, surroundings{World: world, args: os.Args[1:], build: build(version, commit)}))
}
