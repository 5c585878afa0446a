//go:build appliance

package bundle

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/machine"
)

// tracing are CAP_SYS_PTRACE and CAP_SYS_ADMIN, which no container has that is not privileged.
// Source: linux/capability.h.
const tracing = uint64(1)<<19 | 1<<21

// profiles: a unit adds what its profile names and takes that away again; the stack's own takes all of them.
func profiles(t *testing.T, m *machine.Machine) {
	before := running(t, m)
	start(t, m, "longterm")
	if got := inspect(t, m, "object-storage", "{{.State.Health.Status}}"); got != "healthy" {
		t.Errorf("the object storage is %s, want healthy", got)
	}
	if got := inspect(t, m, "cold-tier", "{{.State.Status}} {{.State.ExitCode}}"); got != "exited 0" {
		t.Errorf("cold-tier has %s, want exited 0", got)
	}

	start(t, m, "ebpf")
	if got := inspect(t, m, "beyla", "{{.State.Status}} {{.HostConfig.Privileged}} {{.HostConfig.PidMode}}"); got != "running true host" {
		t.Errorf("beyla is %q, want it running, privileged and among the machine's processes", got)
	}
	// What the stand-in says of its container: Beyla's own work was not seen.
	machine.Eventually(t, 20*time.Second, "the stand-in for Beyla has its say", func() error {
		said := m.Run(t, "docker logs ollystack-beyla 2>&1")
		_, text, _ := strings.Cut(said, "capabilities: ")
		text, _, _ = strings.Cut(text, "\n")
		has, err := strconv.ParseUint(text, 16, 64)
		if err != nil || has&tracing != tracing || !strings.Contains(said, "process 1: systemd\n") || !strings.Contains(said, "gateway: {") {
			return fmt.Errorf("it says\n%swant the machine's processes, what tracing needs, and an answer of the gateway", said)
		}
		return nil
	})
	if got, want := running(t, m), slices.Sorted(slices.Values(append(slices.Clone(before), "ollystack-beyla", "ollystack-object-storage"))); !slices.Equal(got, want) {
		t.Errorf("with both profiles run %q, want %q", got, want)
	}

	m.Run(t, "systemctl stop ollystack-stack@ebpf")
	if got, want := running(t, m), slices.Sorted(slices.Values(append(slices.Clone(before), "ollystack-object-storage"))); !slices.Equal(got, want) {
		t.Errorf("without ebpf run %q, want %q", got, want)
	}
	m.Run(t, "systemctl stop ollystack-stack")
	if state := m.Try(t, "systemctl is-active ollystack-stack@longterm").Output; strings.TrimSpace(state) != "inactive" {
		t.Errorf("with the stack stopped ollystack-stack@longterm is %s", state)
	}
	if left := m.Run(t, "docker ps -aq"); left != "" {
		t.Errorf("the stopped stack leaves containers: %s", left)
	}
}

// start starts a profile's unit, which waits until all is healthy.
func start(t *testing.T, m *machine.Machine, profile string) {
	t.Helper()
	began := time.Now()
	unit := "ollystack-stack@" + profile
	if got := m.Try(t, "systemctl start "+unit); got.Code != 0 {
		t.Fatalf("systemctl start %s = %v\n%s", unit, got, m.Run(t, "journalctl --no-pager -n 60 -u "+unit))
	}
	t.Logf("systemctl start %s took %v", unit, time.Since(began).Round(time.Second))
	if state := strings.TrimSpace(m.Run(t, "systemctl is-active "+unit)); state != "active" {
		t.Errorf("%s is %s", unit, state)
	}
}

// running are the names of the containers that run, in order.
func running(t *testing.T, m *machine.Machine) []string {
	t.Helper()
	return slices.Sorted(slices.Values(strings.Fields(m.Run(t, "docker ps --format '{{.Names}}'"))))
}

func inspect(t *testing.T, m *machine.Machine, service, format string) string {
	t.Helper()
	return strings.TrimSpace(m.Run(t, "docker inspect --format '"+format+"' ollystack-"+service))
}
