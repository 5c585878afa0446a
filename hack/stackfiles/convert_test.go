package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConvert(t *testing.T) {
	got, err := convert(`#clone
# a clone's head
#end
#package # the package's head
services:
  #clone
  opamp-server:
    image: ollystack/control-plane:0.1.0
  #end
  gateway:
    image: ollystack/collector:0.1.0
    #package extra_hosts: [a]
    endpoint: ws://opamp-server:4320/v1/opamp
    volumes: [./stack/collector/base.yaml:/base.yaml] # not a #clone mark
`, "1.2.3")
	want := `# the package's head
services:
  gateway:
    image: ollystack/collector:1.2.3
    extra_hosts: [a]
    endpoint: ws://host.docker.internal:4320/v1/opamp
    volumes: [./collector/base.yaml:/base.yaml] # not a #clone mark
`
	if err != nil || got != want {
		t.Errorf("convert() = %v\n%s\nwant\n%s", err, got, want)
	}
}

func TestConvertRefusesMarksThatDoNotMatch(t *testing.T) {
	for text, want := range map[string]string{
		"a\n#clone\nb":           "line 2",
		"a\n  #end\n":            "line 2",
		"#clone\n#clone\n#end\n": "line 2",
	} {
		if got, err := convert(text, "1"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("convert(%q) = %q, %v, want an error with %q", text, got, err, want)
		}
	}
}

// What is written is the checkout's own, and a second run leaves nothing of the first.
func TestWrite(t *testing.T) {
	to := filepath.Join(t.TempDir(), "stack")
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(to, "stale")
	if err := os.WriteFile(stale, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := write("../..", to, "1.2.3"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("a file of an earlier run is still there")
	}
	for _, name := range []string{
		"docker-compose.yml", "stack.env", "collector/gateway-base.yaml", "collector/agent-base.yaml", "collector/seed/configs.json",
		"collector/seed/gateway.yaml", "collector/seed/agent.yaml", "clickhouse/server.xml", "clickhouse/users.xml", "prometheus/prometheus.yml", "beyla/beyla.yaml",
	} {
		text, err := os.ReadFile(filepath.Join(to, name))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, word := range []string{"opamp-server", "./stack/", "#clone", "#package", ":0.1.0", "build:", "GO_IMAGE", "no-token", "no-authority"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s still holds %q", name, word)
			}
		}
	}
	for _, name := range []string{"no-token", "no-authority", "stack.mk"} {
		if _, err := os.Stat(filepath.Join(to, name)); err == nil {
			t.Errorf("%s is installed", name)
		}
	}
}
