//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommand: what `make build` leaves, as a user calls it.
func TestCommand(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{Binary: "ollystack"})
	dir := t.TempDir()
	clean, broken := filepath.Join(dir, "clean.yaml"), filepath.Join(dir, "broken.yaml")
	for path, body := range map[string]string{
		clean:  receiving(4318),
		broken: strings.Replace(receiving(4318), "receivers: [otlp]", "receivers: [otlp, jaeger]", 1),
	} {
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"version", []string{"version"}, 0, ""},
		{"a healthy server", []string{"healthcheck", "--config", s.settingsFile()}, 0, ""},
		{"clean", []string{"validate", clean}, 0, ""},
		{"broken", []string{"validate", broken}, 1, "jaeger"},
		{"one of two broken", []string{"validate", clean, broken}, 1, "jaeger"},
		{"cannot check", []string{"validate", filepath.Join(dir, "missing.yaml")}, 2, "missing.yaml"},
		{"unknown command", []string{"nosuchcommand"}, 2, "nosuchcommand"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, code := runOllystack(t, c.args...)
			if code != c.code || !strings.Contains(out, c.says) {
				t.Errorf("ollystack %v = code %d, %q; want code %d and %q", c.args, code, out, c.code, c.says)
			}
		})
	}
	out, _ := runOllystack(t, "validate", "--output", "json", broken)
	var report struct {
		Findings []struct {
			Severity string `json:"severity"`
			Path     string `json:"path"`
			Line     int    `json:"line"`
			Column   int    `json:"column"`
		} `json:"findings"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || len(report.Findings) != 1 {
		t.Fatalf("ollystack validate --output json = %q, %v; want one finding", out, err)
	}
	if f := report.Findings[0]; f.Severity != "error" || f.Path != "service::pipelines::traces::receivers[1]" || f.Line != 11 {
		t.Errorf("finding = %+v, want an error at service::pipelines::traces::receivers[1], line 11", f)
	}

	s.stop(t)
	if _, code := runOllystack(t, "healthcheck", "--config", s.settingsFile()); code == 0 {
		t.Error("ollystack healthcheck of a stopped server = code 0, want another")
	}
}

// TestDataInUse: a second server on the same data says so and ends; the first one
// is not disturbed.
func TestDataInUse(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{Binary: "ollystack"})
	second := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	out, code := runOllystack(t, "serve", "--listen", second, "--data-dir", s.dataDir())
	if code != 1 || !strings.Contains(out, s.dataDir()) {
		t.Errorf("a second server on the same data = code %d, %q; want code 1 and the file named", code, out)
	}
	s.createConfig(t, "still-works", receiving(4318), "")
}

// runOllystack runs a command to its end and gives what it wrote to both outputs.
func runOllystack(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t, "ollystack"), args...)
	cmd.Env = cleanEnvironment()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatalf("ollystack %v: %v", args, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
