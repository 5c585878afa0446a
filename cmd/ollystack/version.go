package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/ollystack/control-plane/internal/app"
	"github.com/ollystack/control-plane/internal/cli"
)

// build completes what the linker was told with what the toolchain has recorded.
func build(version, commit string) app.Build {
	b := app.Build{Version: version, Commit: commit}
	if info, ok := debug.ReadBuildInfo(); ok && b.Commit == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = s.Value
			}
		}
	}
	return b
}

func newVersion(s surroundings) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the Go version it was built with",
		Args:  cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(s.Stdout, "ollystack %s\ncommit %s\n%s %s/%s\n",
				s.build.Version, cmp.Or(s.build.Commit, "unknown"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
