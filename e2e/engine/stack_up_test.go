//go:build appliance

package engine_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Services that run, and have a health check, without any profile.
var services = []string{"opamp-server", "redis", "gateway-collector", "agent-collector", "clickhouse", "prometheus"}

// TestStack is one life of the stack: it comes up from a clone, does its work, is changed,
// hurt, taken down and brought up again, and goes without a trace.
func TestStack(t *testing.T) {
	s := startEngine(t)
	t.Cleanup(func() { s.logs(t) })

	for _, step := range []struct {
		name string
		run  func(t *testing.T, s *stack)
	}{
		{"up", up},
		{"commands as typed", commandsAsTyped},
		{"confined", confined},
		{"agents", agents},
		{"traces, logs and metrics", telemetry},
		{"what the agent collects", collected},
		{"prometheus", prometheus},
		{"one PUT changes the pipeline", changePipeline},
		{"a bad configuration fails, the old one runs", badConfiguration},
		{"no configuration takes the health check away", keepHealthCheck},
		{"pipelines are taken apart and put together", takeApart},
		{"seeding never overwrites", seedOnce},
		{"killed and back", killed},
		{"what waits outlives the gateway", queued},
		{"down and up keeps everything", downAndUp},
		{"identity and environment", identity},
		{"long term", longTerm},
		{"eBPF", ebpf},
		{"down", down},
	} {
		if !t.Run(step.name, func(t *testing.T) {
			started := time.Now()
			step.run(t, s)
			t.Logf("took %v", time.Since(started).Round(time.Second))
		}) {
			t.FailNow() // what follows builds on it
		}
	}
}

func up(t *testing.T, s *stack) {
	s.types(t, "docker-compose up -d")
	s.healthy(t, services...)
	if seed := s.containers(t)["seed"]; seed.State.Status != "exited" || seed.State.ExitCode != 0 {
		t.Errorf("seed is %s with exit code %d, want exited with 0", seed.State.Status, seed.State.ExitCode)
	}
}

// commandsAsTyped are the lines that the documents promise.
func commandsAsTyped(t *testing.T, s *stack) {
	for _, c := range []struct{ line, want string }{
		{"curl -fsS http://localhost:4320/api/v1/health", `"status":"ok"`},
		{"curl -fsS http://localhost:4320/api/v1/fleet/status", `"connected":2`},
		{"curl -fsS http://localhost:4320/api/v1/agents", `"total_size":2`},
		{"docker exec ollystack-gateway-collector wget -q -O - http://opamp-server:4320/api/v1/health", `"status":"ok"`},
		{"curl -fsS http://localhost:13133/", "Server available"},
	} {
		var answer string
		eventually(t, time.Minute, c.line, func() (err error) {
			if answer, err = s.tries(t, c.line); err != nil {
				return fmt.Errorf("%w: %s", err, answer)
			}
			if !strings.Contains(strings.ReplaceAll(answer, " ", ""), strings.ReplaceAll(c.want, " ", "")) {
				return fmt.Errorf("no %s in %s", c.want, answer)
			}
			return nil
		})
	}
}

// confined: what is published is on loopback, roots are read-only, memory is limited.
func confined(t *testing.T, s *stack) {
	published := map[string][]string{}
	for service, c := range s.containers(t) {
		for port, bindings := range c.HostConfig.PortBindings {
			for _, b := range bindings {
				if !net.ParseIP(b.HostIp).IsLoopback() {
					t.Errorf("%s publishes %s on %q, want loopback", service, port, b.HostIp)
				}
				published[service] = append(published[service], b.HostPort)
			}
		}
		if !c.HostConfig.ReadonlyRootfs || c.HostConfig.Privileged || !slices.Contains(c.HostConfig.CapDrop, "ALL") ||
			!slices.Contains(c.HostConfig.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s: %+v, want a read-only root, no privileges and no capabilities", service, c.HostConfig)
		}
		if c.HostConfig.Memory == 0 {
			t.Errorf("%s has no memory limit", service)
		}
		if policy := c.HostConfig.RestartPolicy.Name; policy != "unless-stopped" && service != "seed" {
			t.Errorf("%s restarts %q, want unless-stopped", service, policy)
		}
	}
	want := map[string][]string{
		"opamp-server": {"4320"}, "gateway-collector": {"13133", "4317", "4318"},
		"clickhouse": {"8123", "9000"}, "prometheus": {"9090"},
	}
	for service, ports := range published {
		slices.Sort(ports)
		if !slices.Equal(ports, want[service]) {
			t.Errorf("%s publishes %v, want %v", service, ports, want[service])
		}
		delete(want, service)
	}
	if len(want) > 0 {
		t.Errorf("not published: %v", want)
	}
	if out, err := s.tries(t, "docker exec ollystack-redis touch /written"); err == nil || !strings.Contains(out, "Read-only") {
		t.Errorf("writing to a root: %v, %s, want it refused as read-only", err, out)
	}
}

// down leaves nothing of the project but its images, by the line of docs/stack.md.
func down(t *testing.T, s *stack) {
	const line = "docker-compose --profile ebpf --profile longterm down -v"
	page, err := os.ReadFile(filepath.Join(checkout, "docs/stack.md"))
	if err != nil || !strings.Contains(string(page), "\n    "+line+"\n") {
		t.Errorf("docs/stack.md does not say %q (%v)", line, err)
	}
	s.types(t, line)
	for _, list := range []string{"docker ps -aq", "docker volume ls -q", "docker network ls -q --filter type=custom"} {
		if left := s.types(t, list); left != "" {
			t.Errorf("%s after down -v: %s", list, left)
		}
	}
}

func ebpf(t *testing.T, s *stack) {
	settings := s.types(t, "docker-compose --profile ebpf config")
	for _, want := range []string{"beyla:", "privileged: true", "pid: host"} {
		if !strings.Contains(settings, want) {
			t.Errorf("docker-compose --profile ebpf config has no %q", want)
		}
	}
	if settings := s.types(t, "docker-compose config"); strings.Contains(settings, "privileged: true") {
		// docker-compose 1.29 shows services of other profiles too; they are not started.
		if started := s.containers(t); started["beyla"].Name != "" {
			t.Error("beyla was started without its profile")
		}
	}
}
