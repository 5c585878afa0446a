package main

import (
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// became is what `run` would have become.
type became struct {
	path      string
	argv, env []string
}

// runWith calls `run` with an environment and a storage of its own.
func runWith(t *testing.T, storage string, env ...string) (became, result) {
	t.Helper()
	var b became
	w := world{
		environ: append([]string{"COLLECTOR_STORAGE=" + storage}, env...),
		exec: func(path string, argv, env []string) error {
			b = became{path, argv, env}
			return errors.New("not in a test")
		},
	}
	got := call(t, w, "run", "--supervisor", "/s", "--collector", "/c")
	return b, got
}

func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	token := write(t, filepath.Join(dir, "secret"), testToken+"\n")
	base := write(t, filepath.Join(dir, "base.yaml"), "extensions: {}\n")
	storage := filepath.Join(dir, "storage")
	b, _ := runWith(t, storage, "OPAMP_ENDPOINT=ws://cp:4320/v1/opamp", "OLLYSTACK_AGENT_TOKEN_FILE="+token, "COLLECTOR_INSTANCE_ID=X",
		"COLLECTOR_ROLE=gateway", "DEPLOYMENT_ENV=", "COLLECTOR_ATTRIBUTES=team=obs,zone=b", "COLLECTOR_BASE_CONFIG="+base)
	if b.path != "/s" || len(b.argv) != 3 {
		t.Fatalf("run becomes %+v, want the supervisor", b)
	}
	if n := countPrefix(b.env, "DEPLOYMENT_ENV="); n != 1 || !slices.Contains(b.env, "DEPLOYMENT_ENV=production") {
		t.Errorf("environment = %q, want DEPLOYMENT_ENV=production once", b.env)
	}
	settings := read(t, b.argv[2])
	wantText(t, "supervisor.yaml", settings, `"ws://cp:4320/v1/opamp"`, "bfeffd8d-4c25-5ac5-b552-55dde1121f3b", `"service.instance.id": "X-gateway"`,
		`"collector.role": "gateway"`, `"deployment.environment.name": "production"`, `"team": "obs"`, `"zone": "b"`, base)
	if strings.Contains(settings, testToken) || slices.ContainsFunc(slices.Concat(b.env, b.argv), func(s string) bool { return strings.Contains(s, testToken) }) {
		t.Error("the token is in the settings, the arguments or the environment")
	}
	for file, mode := range holding(t, storage, testToken) {
		if mode != 0o600 || filepath.Base(file) != "agent.token" {
			t.Errorf("%s with mode %v holds the token", file, mode)
		}
	}
}

// TestRunWithoutToken: the token of an earlier start does not stay behind.
func TestRunWithoutToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "auto/agent.token"), testToken)
	b, _ := runWith(t, dir, "OLLYSTACK_AGENT_TOKEN_FILE="+write(t, filepath.Join(t.TempDir(), "empty"), "\n"))
	if len(b.argv) != 3 {
		t.Fatal("run does not become the supervisor")
	}
	if text := read(t, b.argv[2]); strings.Contains(text, "Authorization") || strings.Contains(text, "instance_id") {
		t.Errorf("supervisor.yaml = %s, want no token and no UID", text)
	}
	if _, err := os.Stat(filepath.Join(dir, "auto/agent.token")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old token: %v, want it gone", err)
	}
}

// TestRunAuthority: what the file holds is trusted, and nothing more than the system's where it is empty.
func TestRunAuthority(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(nil)
	t.Cleanup(secure.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	for _, c := range []struct {
		content string
		used    bool
	}{{string(authority), true}, {"", false}, {"\n", false}} {
		file := write(t, filepath.Join(t.TempDir(), "ca.pem"), c.content)
		b, got := runWith(t, t.TempDir(), "OPAMP_ENDPOINT=wss://cp:4320/v1/opamp", "OPAMP_CA_FILE="+file)
		if len(b.argv) != 3 {
			t.Fatalf("run with the authority %q = %+v, want it to become the supervisor", c.content, got)
		}
		if text := read(t, b.argv[2]); strings.Contains(text, "ca_file: \""+file+"\"") != c.used || strings.Contains(text, "ca_file") != c.used {
			t.Errorf("with the authority %q, supervisor.yaml =\n%s\nwant it used: %v", c.content, text, c.used)
		}
	}
}

func TestRunRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ env, want string }{
		{"OPAMP_ENDPOINT=cp:4320", "OPAMP_ENDPOINT"},
		{"OLLYSTACK_AGENT_TOKEN_FILE=/dev/zero", "OLLYSTACK_AGENT_TOKEN_FILE"},
		{"OPAMP_CA_FILE=/nonexistent", "OPAMP_CA_FILE"},
		{"OPAMP_CA_FILE=/proc/self/status", "no certificate"},
		{"COLLECTOR_INSTANCE_ID=a b", "COLLECTOR_INSTANCE_ID"},
		{"COLLECTOR_ROLE=Gate Way", "COLLECTOR_ROLE"},
		{`DEPLOYMENT_ENV="`, "DEPLOYMENT_ENV"},
		{"COLLECTOR_ATTRIBUTES=x", "COLLECTOR_ATTRIBUTES"},
		{"COLLECTOR_BASE_CONFIG=/nonexistent.yaml", "COLLECTOR_BASE_CONFIG"},
		{"COLLECTOR_BASE_CONFIG=$REMOTE_CONFIG", "COLLECTOR_BASE_CONFIG"},
		{"COLLECTOR_STORAGE=relative", "COLLECTOR_STORAGE"},
		{"COLLECTOR_OWN_METRICS=perhaps", "COLLECTOR_OWN_METRICS"},
	} {
		b, got := runWith(t, t.TempDir(), c.env)
		if b.path != "" || got.code == exitOK || !strings.Contains(got.stderr, c.want) {
			t.Errorf("run with %s = %+v, want it refused and %s named", c.env, got, c.want)
		}
	}
}

// TestRunTwice: a storage serves one agent at a time.
func TestRunTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if b, got := runWith(t, dir); b.path == "" {
		t.Fatalf("run = %+v", got)
	}
	b, got := runWith(t, dir) // the first one's lock is this process's, open as it would be
	if b.path != "" || !strings.Contains(got.stderr, "another agent runs") {
		t.Errorf("a second run = %+v, want it refused", got)
	}
	if b, got := runWith(t, dir, "COLLECTOR_ROLE=agent"); b.path == "" {
		t.Errorf("a run in another role = %+v, want a storage of its own", got)
	}
}

func countPrefix(list []string, prefix string) int {
	n := 0
	for _, s := range list {
		if strings.HasPrefix(s, prefix) {
			n++
		}
	}
	return n
}
