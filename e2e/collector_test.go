//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestContainer: what the collector's image starts becomes a supervisor whose agent is
// named and described by the environment, keeps who it is, and answers its health
// check whatever the control plane sends.
func TestContainer(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{Settings: "auth: {mode: token}"})
	s.token = tokenFile(t, s, "admin")
	c := newContainer(t, s)

	c.start(t, "X")
	first := c.joins(t, s, "X-gateway")
	if got := first.Attributes.NonIdentifying["deployment.environment.name"]; got != "staging" {
		t.Errorf("attribute deployment.environment.name = %v, want staging", got)
	}
	t.Run("a configuration without extensions", func(t *testing.T) {
		port := freePort(t)
		stored := s.createConfig(t, "plain", receiving(port), "collector.role=gateway")
		s.applied(t, "X-gateway", stored.Name, 1)
		receives(t, port)
		c.healthy(t)
	})
	t.Run("a configuration with another health check", func(t *testing.T) {
		port := freePort(t)
		body := receiving(port) + fmt.Sprintf("  extensions: [health_check]\nextensions:\n  health_check:\n    endpoint: 127.0.0.1:%d\n    path: /elsewhere\n", freePort(t))
		s.createConfig(t, "taking", body, "")
		s.assign(t, "X-gateway", "taking")
		s.applied(t, "X-gateway", "taking", 1)
		receives(t, port)
		c.healthy(t)
	})
	c.stop(t)

	// A volume that was another agent's makes no second agent with that one's UID.
	c.start(t, "auto")
	auto := s.waitConnected(t, func(a agent) bool { return a.ID != first.ID })
	c.stop(t)
	c.start(t, "auto")
	if again := c.joins(t, s, auto.ID); again.ID != auto.ID {
		t.Errorf("UID after a restart = %s, want %s", again.ID, auto.ID)
	}
	c.refusesSecond(t)
	c.stop(t)
	c.start(t, "X")
	if again := c.joins(t, s, "X-gateway"); again.ID != first.ID {
		t.Errorf("UID of X-gateway on a volume that others have used = %s, want %s", again.ID, first.ID)
	}
}

// container is a collector that is started as in its image.
type container struct {
	process *process
	dir     string
	env     []string
	health  string
}

func newContainer(t *testing.T, s *server) *container {
	t.Helper()
	dir := t.TempDir()
	health := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	base := filepath.Join(dir, "base.yaml")
	text := fmt.Sprintf("extensions:\n  health_check:\n    endpoint: %s\n    path: /\nservice:\n  extensions: [health_check]\n", health)
	if err := os.WriteFile(base, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return &container{dir: dir, health: "http://" + health + "/", env: []string{
		"OPAMP_ENDPOINT=ws://" + s.address + "/v1/opamp", "OLLYSTACK_AGENT_TOKEN_FILE=" + filepath.Join(s.dataDir(), "enrolment.token"),
		"COLLECTOR_ROLE=gateway", "DEPLOYMENT_ENV=staging", "COLLECTOR_BASE_CONFIG=" + base,
		"COLLECTOR_STORAGE=" + filepath.Join(dir, "storage"), "COLLECTOR_OWN_METRICS=false",
	}}
}

func (c *container) start(t *testing.T, id string) {
	t.Helper()
	c.process = startProcess(t, "container", filepath.Join(c.dir, "log"), append([]string{"COLLECTOR_INSTANCE_ID=" + id}, c.env...),
		binary(t, "ollystack-collector"), "run", "--supervisor", binary(t, "opampsupervisor"), "--collector", binary(t, "otelcol-ollystack"))
}

func (c *container) joins(t *testing.T, s *server, id string) agent {
	t.Helper()
	return s.waitAgent(t, id, joinTime, "joins", func(a agent) bool {
		if !c.process.running() {
			t.Fatalf("the container has ended:\n%s", tail(c.process.log, 10))
		}
		return a.Connected && a.Status == "healthy"
	})
}

func (c *container) healthy(t *testing.T) {
	t.Helper()
	eventually(t, 10*time.Second, "the health check answers", func() error {
		res, err := httpClient.Get(c.health)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s answers %d", c.health, res.StatusCode)
		}
		return nil
	})
}

// stop stops it as `docker stop` does, and looks for what is left.
func (c *container) stop(t *testing.T) {
	t.Helper()
	children := c.process.children(t)
	c.process.stop(t, syscall.SIGINT, 30*time.Second)
	for _, pid := range children {
		eventually(t, 5*time.Second, "the collector has ended with its supervisor", func() error {
			if err := syscall.Kill(pid, 0); err == nil {
				return fmt.Errorf("process %d still runs", pid)
			}
			return nil
		})
	}
}

// refusesSecond starts another with the same storage while this one runs.
func (c *container) refusesSecond(t *testing.T) {
	t.Helper()
	second := exec.Command(binary(t, "ollystack-collector"), "run", "--supervisor", "/bin/false")
	second.Env = append(append(cleanEnvironment(), "COLLECTOR_INSTANCE_ID=auto"), c.env...)
	out, err := second.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another agent runs with the storage") {
		t.Errorf("a second agent with the same storage: %v, %s; want it refused", err, out)
	}
}

// waitConnected waits for a connected, healthy agent that check takes.
func (s *server) waitConnected(t *testing.T, check func(agent) bool) agent {
	t.Helper()
	var found agent
	eventually(t, joinTime, "another agent joins", func() error {
		var list struct {
			Agents []agent `json:"agents"`
		}
		if _, err := s.call(http.MethodGet, "/api/v1/agents?status=healthy", nil, &list); err != nil {
			return err
		}
		for _, a := range list.Agents {
			if a.Connected && check(a) {
				found = a
				return nil
			}
		}
		return fmt.Errorf("none of %d", len(list.Agents))
	})
	return found
}

// TestEnrol: what `enrol` writes is what a supervisor needs to come in over TLS with
// a token, and the token is in the token's file alone.
func TestEnrol(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	ca.issue(t, 1)
	s := startServer(t, serverOptions{
		Settings: fmt.Sprintf("auth: {mode: token}\ntls: {cert_file: %s, key_file: %s}", ca.file("cert.pem"), ca.file("key.pem")),
		HTTP:     ca.client(),
	})
	s.token = tokenFile(t, s, "admin")
	token := tokenFile(t, s, "enrol")
	root := t.TempDir()
	enrol := func(args ...string) (string, error) {
		args = append([]string{"enrol", "--root", root, "--endpoint", "wss://" + s.address + "/v1/opamp", "--attribute", "host.name=enrolled"}, args...)
		out, err := exec.Command(binary(t, "ollystack-collector"), args...).CombinedOutput()
		return string(out), err
	}
	file := filepath.Join(s.dataDir(), "enrolment.token")
	if out, err := enrol("--token-file", file); err == nil || !strings.Contains(out, "--ca-file") {
		t.Fatalf("enrol without the authority: %v, %s; want it to ask for --ca-file", err, out)
	}
	wrong := filepath.Join(root, "wrong.token")
	if err := os.WriteFile(wrong, []byte("olly_0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := enrol("--token-file", wrong, "--ca-file", ca.file("ca.pem")); err == nil || !strings.Contains(out, "does not take the token") {
		t.Fatalf("enrol with a wrong token: %v, %s; want it refused", err, out)
	}
	if out, err := enrol("--token-file", file, "--ca-file", ca.file("ca.pem")); err != nil {
		t.Fatalf("enrol: %v, %s", err, out)
	}
	sv := enrolledSupervisor(t, root, token)
	a := s.joins(t, sv)
	if a.Transport != "websocket" {
		t.Errorf("transport = %q, want websocket", a.Transport)
	}
	if err := contains(sv.process.log, token); err == nil {
		t.Error("the supervisor's log holds the token")
	}
}

// enrolledSupervisor starts a supervisor with what was written below root, as the unit does.
func enrolledSupervisor(t *testing.T, root, token string) *supervisor {
	t.Helper()
	etc := filepath.Join(root, "etc/ollystack-collector")
	settings := filepath.Join(etc, "supervisor.yaml")
	text, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), token) {
		t.Error("supervisor.yaml holds the token")
	}
	moved := strings.NewReplacer("/etc/ollystack-collector", etc, "/usr/lib/ollystack-collector/otelcol", binary(t, "otelcol-ollystack"),
		"/var/lib/ollystack-collector", filepath.Join(root, "var")).Replace(string(text))
	if err := os.WriteFile(settings, []byte(moved), 0o600); err != nil {
		t.Fatal(err)
	}
	sv := &supervisor{name: "enrolled", dir: root, file: settings}
	sv.process = startProcess(t, "enrolled supervisor", filepath.Join(root, "supervisor.log"),
		[]string{"CREDENTIALS_DIRECTORY=" + etc}, binary(t, "opampsupervisor"), "--config", settings)
	return sv
}
