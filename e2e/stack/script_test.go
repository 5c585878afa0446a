//go:build appliance

package stack

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// machine is where the script of ollystack-stack.service runs: stand-ins for docker and
// ollystack, and folders of its own.
type machine struct {
	t    *testing.T
	fake string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t, t.TempDir()}
	m.write("store/enrolment.token", "olly_enrolment\n")
	m.write("store/admin.token", "olly_admin\n")
	m.write("stack.env", "CLICKHOUSE_PASSWORD=own\n")
	m.container("gateway", "running healthy 0 unless-stopped")
	return m
}

func (m *machine) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.fake, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// container makes one with a state: status, health, exit code, restart policy.
func (m *machine) container(name, facts string) {
	m.t.Helper()
	for file, text := range map[string]string{
		"facts": facts + "\n", "explained": "/ollystack-" + name + ": " + facts + "\n",
		"health": "1 \"old\"\n1 \"connection refused by " + name + "\"\n\n", "log": "last words of " + name + "\n",
	} {
		m.write("containers/"+name+"/"+file, text)
	}
}

func (m *machine) remove(name string) {
	m.t.Helper()
	if err := os.RemoveAll(filepath.Join(m.fake, name)); err != nil {
		m.t.Fatal(err)
	}
}

// call runs the script and returns what it says and its exit code.
func (m *machine) call(args ...string) (string, int) {
	m.t.Helper()
	m.write("calls", "")
	bin := abs(m.t, "testdata/bin")
	cmd := exec.CommandContext(m.t.Context(), abs(m.t, filepath.Join(root, "packaging/stack/ollystack-stack")), args...)
	cmd.Env = []string{
		"PATH=" + bin + ":/usr/bin:/bin", "FAKE=" + m.fake, "STACK_FILES=/files", "STACK_ENV=" + m.fake + "/stack.env",
		"STACK_STATE=" + m.fake + "/state", "STACK_STORE=" + m.fake + "/store", "STACK_PROGRAM=" + bin + "/ollystack",
		"STACK_HEALTH_LIMIT=0", "STACK_SERVER_LIMIT=0",
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// calls are those of docker-compose and ollystack, in order.
func (m *machine) calls() []string {
	m.t.Helper()
	var calls []string
	for line := range strings.Lines(read(m.t, filepath.Join(m.fake, "calls"))) {
		if !strings.HasPrefix(line, "docker ") {
			calls = append(calls, strings.TrimSpace(line))
		}
	}
	return calls
}

func (m *machine) wants(want int, words ...string) func(out string, code int) {
	return func(out string, code int) {
		m.t.Helper()
		if code != want {
			m.t.Errorf("exit code %d, want %d:\n%s", code, want, out)
		}
		for _, word := range words {
			if !strings.Contains(out, word) {
				m.t.Errorf("it does not say %q:\n%s", word, out)
			}
		}
	}
}

func TestScriptUp(t *testing.T) {
	m := newMachine(t)
	out, code := m.call("up")
	m.wants(0, "everything is healthy")(out, code)
	if strings.Contains(out, "WARNING") {
		t.Errorf("it warns of a password that was changed:\n%s", out)
	}
	compose := "compose --project-name ollystack --env-file " + m.fake + "/stack.env -f /files/docker-compose.yml"
	admin := " --local --token-file " + m.fake + "/store/admin.token"
	want := []string{
		"compose version", "ollystack healthcheck", "ollystack token create stack-prometheus --role read" + admin,
		"ollystack seed /files/collector/seed" + admin, compose + " up -d",
	}
	if got := m.calls(); !slices.Equal(got, want) {
		t.Errorf("calls = %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// The users in the containers can read their tokens, and nobody else can.
	m.secret("agent-token", "olly_enrolment\n", 65532, 0, 0o440)
	m.secret("metrics-token", "olly_made_for_prometheus\n", 65534, 65534, 0o400)
	m.secret("control-plane-ca", "", 0, 0, 0o444)
	m.secret("control-plane.json", target("host.docker.internal:4320", "http"), 0, 0, 0o444)

	// Again: Prometheus keeps its token.
	m.call("up", "ebpf")
	want = []string{"compose version", "ollystack healthcheck", "ollystack seed /files/collector/seed" + admin, compose + " --profile ebpf up -d"}
	if got := m.calls(); !slices.Equal(got, want) {
		t.Errorf("calls of the second start = %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (m *machine) secret(name, text string, uid, gid uint32, mode os.FileMode) {
	m.t.Helper()
	path := filepath.Join(m.fake, "state", name)
	info, err := os.Stat(path)
	if err != nil {
		m.t.Error(err)
		return
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid != uid || owner.Gid != gid || info.Mode().Perm() != mode || read(m.t, path) != text {
		m.t.Errorf("%s = %+v %v %q, want %d:%d %v %q", name, owner, info.Mode(), read(m.t, path), uid, gid, mode, text)
	}
}

func TestScriptDown(t *testing.T) {
	m := newMachine(t)
	compose := "compose --project-name ollystack --env-file " + m.fake + "/stack.env -f /files/docker-compose.yml"
	for profile, want := range map[string]string{
		"":         " --profile ebpf --profile longterm down",
		"ebpf":     " --profile ebpf rm --stop --force beyla",
		"longterm": " --profile longterm rm --stop --force object-storage cold-tier",
	} {
		args := []string{"down"}
		if profile != "" {
			args = append(args, profile)
		}
		m.wants(0)(m.call(args...))
		if got := m.calls(); got[len(got)-1] != compose+want {
			t.Errorf("down %s calls %q, want %q", profile, got, compose+want)
		}
	}
	m.wants(1, "there is no profile")(m.call("down", "nonsense"))
	m.wants(1, "there is no profile")(m.call("up", "nonsense"))
	m.wants(1, "up [PROFILE]")(m.call("sideways"))
}

// What is wrong is said with the container's name, its last health check and its last words.
func TestScriptExplains(t *testing.T) {
	for _, tc := range []struct {
		facts string
		well  bool
	}{
		{"running healthy 0 unless-stopped", true},
		{"running none 0 unless-stopped", false},
		{"exited none 0 on-failure", true},
		{"running starting 0 unless-stopped", false},
		{"running unhealthy 0 unless-stopped", false},
		{"running none 0 on-failure", false},
		{"exited none 1 on-failure", false},
		{"exited none 0 unless-stopped", false},
		{"restarting none 1 unless-stopped", false},
	} {
		m := newMachine(t)
		m.container("other", tc.facts)
		want, words := 0, []string{"everything is healthy"}
		if !tc.well {
			want, words = 1, []string{"ollystack-other: " + tc.facts, `exit code 1 "connection refused by other"`, "| last words of other"}
		}
		for _, command := range []string{"up", "status"} {
			out, code := m.call(command)
			m.wants(want, words...)(out, code)
			if strings.Contains(out, "words of gateway") || strings.Contains(out, `"old"`) {
				t.Errorf("%s: it explains what is well:\n%s", tc.facts, out)
			}
		}
	}
	m := newMachine(t)
	m.container("other", "exited none 137 unless-stopped")
	m.write("up-fails", "")
	m.wants(1, "it did not come up", "last words of other")(m.call("up"))
	m.remove("containers/gateway")
	m.remove("containers/other")
	m.wants(1, "no container of the stack exists")(m.call("status"))
}

func TestScriptNeeds(t *testing.T) {
	m := newMachine(t)
	m.write("no-engine", "")
	m.wants(1, "Cannot connect", "docker.service")(m.call("up"))
	m.remove("no-engine")

	// docker-compose serves where the plugin is missing.
	m.write("no-plugin", "")
	m.wants(0)(m.call("up"))

	m.write("stack.env", "#CLICKHOUSE_PASSWORD=own\n")
	m.wants(0, "WARNING: CLICKHOUSE_PASSWORD")(m.call("up"))
	m.write("stack.env", "CLICKHOUSE_PASSWORD=ollystack123\n")
	m.wants(0, "WARNING: CLICKHOUSE_PASSWORD")(m.call("up"))
}

// The first start needs the control plane to take the seed; a later one, when the admin
// token has gone elsewhere, does not.
func TestScriptSeeds(t *testing.T) {
	m := newMachine(t)
	m.write("seed-fails", "")
	m.wants(1, "no configurations yet", "ollystack seed /files/collector/seed")(m.call("up"))
	if slices.ContainsFunc(m.calls(), func(c string) bool { return strings.Contains(c, "up -d") }) {
		t.Error("it starts containers that would have no configuration")
	}
	m.remove("seed-fails")
	m.wants(0)(m.call("up"))
	m.write("seed-fails", "")
	m.wants(0)(m.call("up"))

	// No token to give away: it says so, and the collectors get none.
	m = newMachine(t)
	m.remove("store")
	m.write("token-fails", "")
	m.wants(0, "the collectors have no token", "no token for Prometheus")(m.call("up"))
	m.secret("agent-token", "", 65532, 0, 0o440)
	// One that an operator has put there is used.
	m.write("state/agent-token", "olly_own\n")
	m.wants(0)(m.call("up"))
	m.secret("agent-token", "olly_own\n", 65532, 0, 0o440)
}

// target is where Prometheus scrapes the control plane.
func target(address, scheme string) string {
	return fmt.Sprintf(`[{"targets": [%q], "labels": {"__scheme__": %q}}]`+"\n", address, scheme)
}

// This machine's control plane has TLS, under a name of its own and from an authority of its own.
func TestScriptTLS(t *testing.T) {
	m := newMachine(t)
	m.write("ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
	settings := "OPAMP_CA_FILE='" + m.fake + "/ca.pem'\nCONTROL_PLANE_NAME=fleet.example\n"
	m.write("stack.env", settings+"OPAMP_ENDPOINT=\"wss://fleet.example:4320/v1/opamp\"\n")
	m.wants(0)(m.call("up"))
	if calls := m.calls(); !slices.Contains(calls, "ollystack healthcheck") || len(calls) != 5 {
		t.Errorf("calls = %q, want it waited for, and seeded", calls)
	}
	m.secret("agent-token", "olly_enrolment\n", 65532, 0, 0o440)
	m.secret("control-plane-ca", read(t, filepath.Join(m.fake, "ca.pem")), 0, 0, 0o444)
	m.secret("control-plane.json", target("fleet.example:4320", "https"), 0, 0, 0o444)

	m.write("key.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\nMIIB\n")
	m.write("empty.pem", "")
	for wrong, says := range map[string]string{
		"OPAMP_ENDPOINT=fleet.example:4320":                     "should be like wss://HOST:4320/v1/opamp",
		"OPAMP_ENDPOINT=wss://user@fleet.example/v1/opamp":      "should be like wss://HOST:4320/v1/opamp",
		"OPAMP_ENDPOINT=wss://localhost:4320/v1/opamp":          "this machine is fleet.example there",
		"OPAMP_ENDPOINT=wss://host.docker.internal:4320/v1/x":   "such as wss://fleet.example:4320/v1/opamp",
		"OPAMP_CA_FILE=/nonexistent":                            "which is no file that can be read",
		"OPAMP_CA_FILE=" + m.fake + "/key.pem":                  "holds a private key",
		"OPAMP_CA_FILE=" + m.fake + "/empty.pem":                "holds no certificate",
		"AGENT_TOKEN_FILE=/nonexistent":                         "AGENT_TOKEN_FILE is /nonexistent",
		"METRICS_TOKEN_FILE=" + m.fake + "/containers/gateway/": "METRICS_TOKEN_FILE is",
	} {
		m.write("stack.env", settings+"OPAMP_ENDPOINT=wss://fleet.example:4320/v1/opamp\n"+wrong+"\n")
		m.wants(1, says)(m.call("up"))
		if calls := m.calls(); slices.ContainsFunc(calls, func(c string) bool { return strings.Contains(c, "up -d") }) {
			t.Errorf("with %s it starts containers: %q", wrong, calls)
		}
	}
}

// A control plane on another machine: this one's is neither waited for nor asked, and its tokens stay here.
func TestScriptElsewhere(t *testing.T) {
	m := newMachine(t)
	m.wants(0)(m.call("up")) // beside this machine's own, first
	m.write("healthcheck-fails", "")
	m.wants(1, "the control plane does not answer")(m.call("up"))

	m.write("stack.env", "OPAMP_ENDPOINT=wss://[2001:db8::7]/v1/opamp\n")
	m.wants(0, "the collectors have no token", "Prometheus has no token", "ollystack seed /files/collector/seed --server https://[2001:db8::7]:443",
		"everything is healthy")(m.call("up"))
	if calls := m.calls(); slices.ContainsFunc(calls, func(c string) bool { return strings.HasPrefix(c, "ollystack ") }) {
		t.Errorf("calls = %q, want none of this machine's control plane", calls)
	}
	m.secret("agent-token", "", 65532, 0, 0o440)
	m.secret("metrics-token", "", 65534, 65534, 0o400)
	m.secret("control-plane.json", target("[2001:db8::7]:443", "https"), 0, 0, 0o444)

	m.write("theirs", "olly_theirs\n")
	m.write("stack.env", "OPAMP_ENDPOINT=ws://there/v1/opamp\nAGENT_TOKEN_FILE="+m.fake+"/theirs\nMETRICS_TOKEN_FILE="+m.fake+"/theirs\n")
	m.wants(0)(m.call("up"))
	m.secret("agent-token", "olly_theirs\n", 65532, 0, 0o440)
	m.secret("metrics-token", "olly_theirs\n", 65534, 65534, 0o400)
	m.secret("control-plane.json", target("there:80", "http"), 0, 0, 0o444)

	// Back: this machine's control plane is given none of theirs.
	m.remove("healthcheck-fails")
	m.write("stack.env", "")
	m.wants(0)(m.call("up"))
	m.secret("agent-token", "olly_enrolment\n", 65532, 0, 0o440)
	m.secret("metrics-token", "olly_made_for_prometheus\n", 65534, 65534, 0o400)
}
