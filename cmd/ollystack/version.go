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
			fmt.Fprint(s.Stdout, versionText(s.build))
			return nil
		},
	}
}

func versionText(b app.Build) string {
	return fmt.Sprintf("ollystack %s\ncommit %s\n%s %s/%s\n", b.Version, cmp.Or(b.Commit, "unknown"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
