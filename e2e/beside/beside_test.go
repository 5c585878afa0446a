//go:build appliance

package beside

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The data plane joins the machine's own control plane, with its token, and runs what that was
// given; what is not healthy is named; stopping it keeps the data, and who the agents are. When the
// control plane has got TLS, under another name and from an authority of its own, they are back.
func TestBesideAnInstalledControlPlane(t *testing.T) {
	m := newMachine(t)
	out, code := m.script("up")
	if code != 0 || !strings.Contains(out, "everything is healthy") || !strings.Contains(out, "WARNING: CLICKHOUSE_PASSWORD") {
		t.Fatalf("up ends with %d:\n%s", code, out)
	}
	admin, err := os.ReadFile(filepath.Join(m.store, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	first := m.applied(strings.TrimSpace(string(admin)))

	m.scraped("host.docker.internal:4320")

	m.run("docker", "stop", "ollystack-prometheus")
	out, code = m.script("status")
	if code != 1 || !strings.Contains(out, "ollystack-prometheus: exited") || strings.Contains(out, "ollystack-clickhouse:") {
		t.Errorf("status with Prometheus stopped = %d:\n%s", code, out)
	}

	if out, code := m.script("down"); code != 0 {
		t.Fatalf("down ends with %d:\n%s", code, out)
	}
	if left := m.run("docker", "ps", "-aq"); left != "" {
		t.Errorf("down leaves containers: %s", left)
	}

	m.stop()
	m.useTLS()
	m.startServer()
	if out, code := m.script("up"); code != 0 {
		t.Fatalf("up again ends with %d:\n%s", code, out)
	}
	m.scraped(certified + ":4320")
	if again := m.applied(strings.TrimSpace(string(admin))); again != first {
		t.Errorf("after down and up the agents are\n%s, and were\n%s", again, first)
	}
	if out, code := m.script("down"); code != 0 {
		t.Fatalf("the last down ends with %d:\n%s", code, out)
	}
}

// scraped waits until Prometheus sees the control plane, which asks it for a token, there.
func (m *machine) scraped(address string) {
	m.t.Helper()
	eventually(m.t, "the control plane is scraped", func() error {
		up, err := m.query(fmt.Sprintf(`up{job="ollystack",instance=%q}`, address))
		if err == nil && up != "1" {
			err = fmt.Errorf("up = %s", up)
		}
		return err
	})
}

// applied waits until both agents are connected and run what was seeded, and says who they are.
func (m *machine) applied(token string) string {
	m.t.Helper()
	who := ""
	eventually(m.t, "both agents run what was seeded", func() error {
		var list struct {
			Agents []struct {
				ID        string
				Name      string
				Connected bool
				Config    struct{ Status string }
			}
		}
		if err := m.get(m.server+"/api/v1/agents?order_by=name", token, &list); err != nil {
			return err
		}
		who = ""
		ready := 0
		for _, a := range list.Agents {
			who += fmt.Sprintf("%s %s %s\n", a.Name, a.ID, a.Config.Status)
			if a.Connected && a.Config.Status == "applied" {
				ready++
			}
		}
		if len(list.Agents) != 2 || ready != 2 {
			return fmt.Errorf("agents: %+v", list.Agents)
		}
		return nil
	})
	if !strings.Contains(who, "gateway") || !strings.Contains(who, "agent") {
		m.t.Errorf("the agents are\n%s", who)
	}
	return who
}
