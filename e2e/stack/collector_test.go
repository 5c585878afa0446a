//go:build appliance

package stack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the control plane is seeded with, the collector takes; and with it the file that the
// container lays over it.
func TestConfigurations(t *testing.T) {
	environ := []string{"CLICKHOUSE_PASSWORD=x"}
	for _, role := range []string{"gateway", "agent"} {
		seeded := filepath.Join(root, "stack/collector/seed", role+".yaml")
		run(t, root, nil, "bin/ollystack", "validate", "stack/collector/seed/"+role+".yaml")
		// The machine's files are mounted in the container alone.
		text := strings.ReplaceAll(read(t, seeded), "root_path: /hostfs", "root_path: /")
		here := filepath.Join(t.TempDir(), role+".yaml")
		if err := os.WriteFile(here, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		base := abs(t, filepath.Join(root, "stack/collector", role+"-base.yaml"))
		run(t, root, environ, "bin/otelcol-ollystack", "validate", "--config", here, "--config", base)
	}
}

// Both agents get what is seeded for their role, by the attribute that their containers send.
func TestSeedSelectsTheRoles(t *testing.T) {
	list := read(t, filepath.Join(root, "stack/collector/seed/configs.json"))
	for _, v := range variants() {
		services := v.config(t, nil)
		for _, role := range []string{"gateway", "agent"} {
			got := services[role+"-collector"].Environment["COLLECTOR_ROLE"]
			if got != role || !strings.Contains(list, `"collector.role=`+role+`"`) {
				t.Errorf("%s: COLLECTOR_ROLE = %v, and configs.json is to select collector.role=%s", v.name, got, role)
			}
		}
	}
}
