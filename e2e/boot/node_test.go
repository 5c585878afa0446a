//go:build appliance

package boot

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/machine"
)

const nodeUnit = "ollystack-collector.service"

const (
	// joinTime is how long a node may take from its start until it is connected and
	// healthy: its supervisor starts a collector first to learn what it is.
	joinTime = 90 * time.Second
	// applyTime is how long a configuration may take until it is reported applied, or
	// failed; the time in which it has to prove itself is part of it.
	applyTime = 60 * time.Second
	// returnTime is how long an agent may take to be back once the server serves again.
	// The supervisor's client waits up to 30 s between two tries.
	returnTime = 60 * time.Second
)

// agent is what these tests read of an agent.
type agent struct {
	ID          string            `json:"id"`
	Status      string            `json:"status"`
	Connected   bool              `json:"connected"`
	ConnectedAt time.Time         `json:"connected_at"`
	Labels      map[string]string `json:"labels"`
	Config      struct {
		Name    string `json:"config_name"`
		Version int    `json:"version"`
		Status  string `json:"status"`
		Error   string `json:"error"`
	} `json:"config"`
}

// node is a machine with a collector that the appliance manages.
type node struct {
	*machine.Machine
	plane *appliance
}

// agent waits until the control plane says of the node what check wants.
func (n *node) agent(t *testing.T, within time.Duration, what string, check func(agent) bool) agent {
	t.Helper()
	var a agent
	machine.Eventually(t, within, "the agent of the node "+what, func() error {
		a = agent{}
		if err := n.plane.call(http.MethodGet, "/api/v1/agents/"+n.Name, nil, &a); err != nil {
			return err
		}
		if !check(a) {
			return fmt.Errorf("it is %+v", a)
		}
		return nil
	})
	return a
}

// applied waits until the node runs a version of a configuration.
func (n *node) applied(t *testing.T, name string, version int) agent {
	t.Helper()
	return n.agent(t, applyTime, fmt.Sprintf("applies version %d of %s", version, name), func(a agent) bool {
		return a.Connected && a.Status == "healthy" && a.Config.Name == name && a.Config.Version == version && a.Config.Status == "applied"
	})
}

// collector is the process id of the one collector that runs on the node.
func (n *node) collector(t *testing.T) string {
	t.Helper()
	var pids []string
	machine.Eventually(t, joinTime, "one collector runs on the node", func() error {
		pids = strings.Fields(n.Try(t, "pgrep --full '^/usr/lib/ollystack-collector/otelcol'").Output)
		if len(pids) != 1 {
			return fmt.Errorf("there are %v", pids)
		}
		return nil
	})
	return pids[0]
}

// back waits until the node's agent is connected anew, since the server served again,
// says how long that took, and checks that it was sent nothing.
func (n *node) back(t *testing.T, before agent, since time.Time) agent {
	t.Helper()
	after := n.agent(t, returnTime, "is back", func(a agent) bool {
		return a.Connected && a.Status == "healthy" && a.ConnectedAt.After(before.ConnectedAt)
	})
	t.Logf("the agent is back after %v", time.Since(since).Round(time.Millisecond))
	if after.ID != before.ID || after.Config != before.Config {
		t.Errorf("the agent is %+v, want it as it was: %+v", after, before)
	}
	if offers := n.plane.metric(t, "opamp_config_updates_total"); offers != 0 {
		t.Errorf("the server has sent %v configurations since it started, want none: the agent runs them already", offers)
	}
	return after
}

// pasted is what the control plane's page tells to run on a node.
var pasted = regexp.MustCompile(`(?m)^  ((?:curl|sh) .*)$`)

// shown is a text that the dashboard's first page shows to who has opened it at 10.20.0.1: the
// dashboard's own tests hold what it shows to these files.
func shown(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../web/src/start/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// enrol makes a machine a node of the fleet: with nothing but the line that the dashboard's first
// page shows, and the page of the packages in two, over a cable to the control plane alone.
func enrol(t *testing.T, a *appliance) *node {
	t.Helper()
	n := &node{Machine: machine.Boot(t, machine.Options{}), plane: a}
	machine.Connect(t, a.Machine, n.Machine)
	if routes := strings.TrimSpace(n.Run(t, "ip route show default")); routes != "" {
		t.Fatalf("the node has a way out: %s", routes)
	}
	n.Run(t, "install -m 0600 /dev/null /root/enrolment.token")
	n.Write(t, "/root/enrolment.token", a.Read(t, agentToken))

	page := n.Run(t, "curl --silent --show-error --fail http://10.20.0.1:4320/packages/")
	lines := pasted.FindAllStringSubmatch(page, -1)
	if len(lines) != 2 {
		t.Fatalf("the page of the packages has %d lines to paste, want 2:\n%s", len(lines), page)
	}
	line := shown(t, "install-line.txt")
	if two := lines[0][1] + " && " + lines[1][1] + "\n"; two != line {
		t.Errorf("the page of the packages says\n%sthe dashboard\n%s", two, line)
	}
	started := time.Now()
	said := n.Run(t, "cd /root && "+strings.TrimSuffix(line, "\n")+" 2>&1")
	if !strings.Contains(said, "Enrolled with ws://10.20.0.1:4320/v1/opamp") {
		t.Errorf("installing on the node says\n%s", said)
	}
	t.Logf("a node installed and enrolled in %v", time.Since(started).Round(time.Millisecond))
	return n
}

// offerPackages puts the packages where nodes fetch them, as docs/nodes.md says.
func (a *appliance) offerPackages(t *testing.T) {
	t.Helper()
	const dir = stateDir + "/packages"
	a.Run(t, "mkdir -p "+dir)
	run(t, "sh", "-c", "cp ../../dist/packages/*.deb ../../dist/packages/SHA256SUMS "+a.Path(dir))
	a.Run(t, "chown -R ollystack:ollystack "+dir)
}

// metric reads one value of /metrics; what was not counted yet is 0.
func (a *appliance) metric(t *testing.T, name string) float64 {
	t.Helper()
	var text string
	a.must(t, http.MethodGet, "/metrics", nil, &text)
	if m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text); m != nil {
		value, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatalf("metric %s: %v", name, err)
		}
		return value
	}
	if !strings.Contains(text, "# TYPE "+name+" ") {
		t.Fatalf("/metrics has no %s", name)
	}
	return 0
}
