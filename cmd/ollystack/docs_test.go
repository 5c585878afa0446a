package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ollystack/control-plane/internal/settings"
)

// TestDocs: docs/cli.md names every command and every flag that is no setting
// (those are in docs/settings.md, which has a test of its own).
func TestDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	keys := pflag.NewFlagSet("settings", pflag.ContinueOnError)
	settings.RegisterFlags(keys)
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		if !strings.Contains(text, strings.TrimSuffix(cmd.CommandPath(), " ")) {
			t.Errorf("docs/cli.md does not name the command %q", cmd.CommandPath())
		}
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if keys.Lookup(f.Name) == nil && f.Name != "help" && !strings.Contains(text, "--"+f.Name) {
				t.Errorf("docs/cli.md does not name the flag --%s of %q", f.Name, cmd.CommandPath())
			}
		})
		cmd.PersistentFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(text, "--"+f.Name) {
				t.Errorf("docs/cli.md does not name the flag --%s of %q", f.Name, cmd.CommandPath())
			}
		})
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRoot(surroundings{}))
}
