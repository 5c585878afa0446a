//go:build appliance

package examples

import (
	"strings"
	"testing"
)

// TestAlertRules runs the rules' unit tests with Prometheus' own tool.
func TestAlertRules(t *testing.T) {
	stack := root(t, "stack", "prometheus")
	if out := command(t, stack, "promtool", "check", "rules", "rules/ollystack.yml"); !strings.Contains(out, "SUCCESS") {
		t.Errorf("promtool check rules:\n%s", out)
	}
	if out := command(t, stack, "promtool", "test", "rules", "tests/ollystack_test.yml"); !strings.Contains(out, "SUCCESS") {
		t.Errorf("promtool test rules:\n%s", out)
	}
}
