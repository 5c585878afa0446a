//go:build appliance

package examples

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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

// TestDashboardQueries: Prometheus can parse each expression of the dashboard. promtool
// is given them as rules, since it has no command for a single one. (That the metrics
// exist is seen to in internal/app.)
func TestDashboardQueries(t *testing.T) {
	content, err := os.ReadFile(root(t, "stack", "grafana", "ollystack-control-plane.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		t.Fatal(err)
	}
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []rule
	variables := strings.NewReplacer("$__rate_interval", "1m", "$job", "ollystack", "$instance", ".+")
	for _, p := range dashboard.Panels {
		for _, q := range p.Targets {
			rules = append(rules, rule{fmt.Sprintf("query:%d", len(rules)), variables.Replace(q.Expr)})
		}
	}
	if len(rules) < 30 {
		t.Fatalf("%d queries were read, want all of them", len(rules))
	}
	// JSON is YAML.
	file, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "queries.yml")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := command(t, "", "promtool", "check", "rules", path); !strings.Contains(out, fmt.Sprintf("%d rules found", len(rules))) {
		t.Errorf("promtool check rules:\n%s", out)
	}
}
