package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestDocs: docs/agents.md names every flag of enrol and every variable of run, and
// the help of run names those that the page does.
func TestDocs(t *testing.T) {
	t.Parallel()
	page := read(t, "../../docs/agents.md")
	newEnrol(world{}).Flags().VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(page, "--"+f.Name) {
			t.Errorf("docs/agents.md does not name the flag --%s of enrol", f.Name)
		}
	})
	help := newRun(world{}).Long
	variables := regexp.MustCompile(`(?m)^  ([A-Z_]+) `).FindAllStringSubmatch(help, -1)
	if len(variables) < 10 {
		t.Errorf("the help of run names %d variables, want 10 or more", len(variables))
	}
	for _, v := range variables {
		if !strings.Contains(page, "| `"+v[1]+"` |") {
			t.Errorf("docs/agents.md does not name the variable %s", v[1])
		}
	}
	for _, v := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(page, -1) {
		if !strings.Contains(help, "  "+v[1]+" ") {
			t.Errorf("the help of run does not name the variable %s of docs/agents.md", v[1])
		}
	}
	if !strings.Contains(page, instanceNamespace.String()) {
		t.Errorf("docs/agents.md does not name the namespace of the UIDs, %s", instanceNamespace)
	}
}
