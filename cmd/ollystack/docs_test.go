package main

import (
	"os"
	"path/filepath"
	"regexp"
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

// TestLinks: what the pages that users read link to within the repository is there.
func TestLinks(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	pages, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	links := 0
	for _, page := range append(pages, docs...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), found[1])); err != nil {
				t.Errorf("%s links to %s: %v", page, found[1], err)
			}
		}
	}
	if links < 10 {
		t.Errorf("%d links found in %d pages, want more: does the pattern still fit?", links, len(pages)+len(docs))
	}
}
