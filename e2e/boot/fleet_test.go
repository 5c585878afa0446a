//go:build appliance

package boot

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/e2e/machine"
)

// unknownReceiver is well formed, so the control plane stores it, and no collector of
// ours can start it.
const unknownReceiver = `receivers:
  nosuchthing: {}
exporters:
  nop: {}
service:
  pipelines:
    traces:
      receivers: [nosuchthing]
      exporters: [nop]
`

// A control plane of the previous build, a node that has nothing but a cable to it, and
// what happens to such a pair over the years.
func TestFleet(t *testing.T) {
	a := newAppliance(t)
	previous := previousPackage(t)
	a.install(t, previous)
	a.offerPackages(t)
	n := enrol(t, a)
	n.agent(t, joinTime, "joins", func(g agent) bool { return g.Connected && g.Status == "healthy" })

	steps := []struct {
		name string
		run  func(*testing.T, *appliance, *node)
	}{
		{"a configuration is applied", checkApplied},
		{"a configuration is refused", checkRefused},
		{"the control plane is killed", checkKilledWithAgent},
		{"the control plane is upgraded", checkUpgrade},
		{"a backup is restored", checkRestore},
		{"backups every night", checkNightlyBackup},
		{"the control plane is downgraded", func(t *testing.T, a *appliance, n *node) { checkDowngrade(t, a, n, previous) }},
		{"the supervisor is killed", checkSupervisorKilled},
		{"the node is stopped", checkNodeStopped},
		{"the node's package is removed", checkNodeRemoved},
		{"a supervisor by hand", checkByHand},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) { step.run(t, a, n) })
	}
}

func checkApplied(t *testing.T, a *appliance, n *node) {
	a.must(t, http.MethodPost, "/api/v1/configs", map[string]any{
		"name": "nodes", "config": quiet("first"), "selector": "host.name=" + n.Name,
	}, nil)
	n.applied(t, "nodes", 1)
	if offers := a.metric(t, "opamp_config_updates_total"); offers != 1 {
		t.Errorf("the server has sent %v configurations, want 1", offers)
	}
	for unit, want := range map[string]string{nodeUnit: "ollystack-collector"} {
		if got := property(t, n.Machine, unit, "User"); got != want {
			t.Errorf("%s runs as %q, want %q", unit, got, want)
		}
	}
	if state := property(t, n.Machine, nodeUnit, "UnitFileState"); state != "enabled" {
		t.Errorf("%s is %s once enrolled, want enabled", nodeUnit, state)
	}
}

// A configuration that the collector cannot run is refused with its own words, and the
// collector that runs is left alone.
func checkRefused(t *testing.T, a *appliance, n *node) {
	running := n.collector(t)
	a.must(t, http.MethodPut, "/api/v1/configs/nodes", map[string]any{
		"name": "nodes", "config": unknownReceiver, "selector": "host.name=" + n.Name,
	}, nil)
	failed := n.agent(t, applyTime, "refuses version 2", func(g agent) bool { return g.Config.Version == 2 && g.Config.Status == "failed" })
	if !strings.Contains(failed.Config.Error, "nosuchthing") {
		t.Errorf("the error is %q, want the collector's own words", failed.Config.Error)
	}
	if now := n.collector(t); now != running {
		t.Errorf("the collector is process %s, want %s as before", now, running)
	}
	a.must(t, http.MethodPost, "/api/v1/configs/nodes/rollback", map[string]any{"version": 1}, nil)
	n.applied(t, "nodes", 3)
}

func checkKilledWithAgent(t *testing.T, a *appliance, n *node) {
	before := n.applied(t, "nodes", 3)
	killed := time.Now()
	a.Run(t, "systemctl kill --kill-who=main --signal=KILL "+unit)
	n.back(t, before, killed)
}

// An upgrade takes seconds, keeps what the operator has edited, and sends no agent anything.
func checkUpgrade(t *testing.T, a *appliance, n *node) {
	before := n.applied(t, "nodes", 3)
	if said := a.Run(t, "ollystack version"); !strings.Contains(said, previousVersion) {
		t.Fatalf("ollystack version = %q, want the previous build", said)
	}
	a.Run(t, "echo '# a line of mine' >>"+settings)
	edited := a.Read(t, settings)

	started := time.Now()
	a.install(t, builtPackage(t, "ollystack-control-plane"))
	n.back(t, before, started)
	if said := a.Run(t, "ollystack version"); strings.Contains(said, previousVersion) {
		t.Errorf("ollystack version = %q after the upgrade", said)
	}
	if got := a.Read(t, settings); got != edited {
		t.Errorf("the edited settings are %q, want what they were", got)
	}

	// What was stopped on purpose stays stopped.
	a.Run(t, "systemctl stop "+unit)
	apt(t, a.Machine, builtPackage(t, "ollystack-control-plane"), "--reinstall")
	if state := a.property(t, "ActiveState"); state != "inactive" {
		t.Errorf("after an upgrade the stopped service is %s, want inactive", state)
	}
	a.Run(t, "systemctl start "+unit)
	n.back(t, before, time.Now())
}

// backup makes a backup on the running server and returns its file.
func (a *appliance) backup(t *testing.T) string {
	t.Helper()
	file := fmt.Sprintf("/root/backup-%d.db", time.Now().UnixNano())
	a.Run(t, "ollystack backup "+file+" --token-file "+adminToken)
	return file
}

// restore puts a backup in the place of the store, as docs/operations.md says.
func (a *appliance) restore(t *testing.T, file string) {
	t.Helper()
	a.Run(t, "systemctl stop "+unit)
	a.Run(t, "ollystack restore "+file+" --data-dir "+stateDir)
	a.Run(t, "systemctl start "+unit)
}

func checkRestore(t *testing.T, a *appliance, n *node) {
	before := n.applied(t, "nodes", 3)
	a.store(t, "earlier", quiet("before the backup"))
	file := a.backup(t)
	a.store(t, "later", quiet("after the backup"))
	a.must(t, http.MethodPatch, "/api/v1/agents/"+n.Name, map[string]any{"labels": map[string]any{"late": "yes"}}, nil)

	// Not while it runs: two programs must not have one store.
	if r := a.Try(t, "ollystack restore "+file+" --data-dir "+stateDir); r.Code == 0 || !strings.Contains(r.Errors, "stop") {
		t.Errorf("restore while the server runs: %v, want a refusal that says to stop it", r)
	}
	started := time.Now()
	a.restore(t, file)
	after := n.back(t, before, started)
	if after.Labels["late"] != "" {
		t.Errorf("the agent's labels are %v, want those of the backup", after.Labels)
	}
	a.stored(t, "earlier", quiet("before the backup"))
	if err := a.call(http.MethodGet, "/api/v1/configs/later", nil, nil); err == nil {
		t.Error("a configuration that is younger than the backup is there after it was restored")
	}
}

func checkNightlyBackup(t *testing.T, a *appliance, _ *node) {
	const dir, keep = "/var/backups/ollystack", 14
	file := a.backup(t)
	a.Run(t, fmt.Sprintf(`for day in $(seq 10 %d); do
		install -m 0600 -o ollystack -g ollystack %s %s/ollystack-202001${day}T020000Z.db
	done; touch %s/mine.txt`, 10+keep-1, file, dir, dir))
	started := time.Now().Add(-time.Second)
	a.Run(t, "systemctl start ollystack-backup.service")
	machine.Eventually(t, startTime, "the metric tells of the new backup", func() error {
		if made := a.metric(t, "ollystack_backup_last_success_timestamp_seconds"); int64(made) < started.Unix() {
			return fmt.Errorf("the newest was made at %v, want one since %v", made, started.Unix())
		}
		return nil
	})
	names := strings.Fields(a.Run(t, "cd "+dir+" && ls ollystack-*.db"))
	if len(names) != keep || names[0] != "ollystack-20200111T020000Z.db" || !strings.HasPrefix(names[keep-1], "ollystack-202") || strings.HasPrefix(names[keep-1], "ollystack-2020") {
		t.Errorf("after a night there are %v, want the newest %d", names, keep)
	}
	if mode := strings.TrimSpace(a.Run(t, "stat --format='%a %U' "+dir+"/"+names[len(names)-1])); mode != "600 ollystack" {
		t.Errorf("the backup is %q, want 600 ollystack", mode)
	}
	a.Run(t, "test -e "+dir+"/mine.txt")
}

// A store that a later version has written is refused, and the way back is a backup.
func checkDowngrade(t *testing.T, a *appliance, n *node, previous string) {
	before := n.applied(t, "nodes", 3)
	file := a.backup(t)
	a.Run(t, "systemctl stop "+unit)
	writeLaterSchema(t, a.Path(stateDir+"/fleet.db"))
	a.dropIn(t, "RestartSec=1\n")

	said := apt(t, a.Machine, previous, "--allow-downgrades")
	if !strings.Contains(a.Run(t, "ollystack version"), previousVersion) {
		t.Fatalf("the downgrade has not put the previous build in place:\n%s", said)
	}
	a.Try(t, "systemctl start "+unit) // that it fails is told below
	machine.Eventually(t, startTime, "the store is refused", func() error {
		if text := lastLines(t, a.Machine, unit, 20); !strings.Contains(text, "written by a newer version of ollystack") {
			return fmt.Errorf("the journal says\n%s", text)
		}
		return nil
	})
	if r := a.Try(t, "ollystack healthcheck"); r.Code == 0 {
		t.Error("the previous build serves a store that a later one has written")
	}
	started := time.Now()
	a.restore(t, file)
	n.back(t, before, started)
	a.Run(t, "rm -r /etc/systemd/system/"+unit+".d && systemctl daemon-reload")
}

// writeLaterSchema makes a store look as if a later version had written it.
func writeLaterSchema(t *testing.T, file string) {
	t.Helper()
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{Timeout: 5 * time.Second})
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	}()
	err = db.Update(func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte("meta"))
		return meta.Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, 9999))
	})
	if err != nil {
		t.Fatalf("write a later schema: %v", err)
	}
}

// A supervisor that is killed leaves a collector, and systemd no trace of it: the next
// supervisor starts the only one, which is the same agent.
func checkSupervisorKilled(t *testing.T, _ *appliance, n *node) {
	before := n.applied(t, "nodes", 3)
	old := n.collector(t)
	n.Run(t, "systemctl kill --kill-who=main --signal=KILL "+nodeUnit)
	after := n.agent(t, joinTime, "comes back", func(g agent) bool {
		return g.Connected && g.Status == "healthy" && g.ConnectedAt.After(before.ConnectedAt)
	})
	if after.ID != before.ID {
		t.Errorf("the agent is %s, want %s as before", after.ID, before.ID)
	}
	if now := n.collector(t); now == old {
		t.Errorf("the collector %s has outlived its supervisor", now)
	}
}

func checkNodeStopped(t *testing.T, _ *appliance, n *node) {
	stopped := time.Now()
	n.Run(t, "systemctl stop "+nodeUnit)
	t.Logf("the node's service stopped in %v", time.Since(stopped).Round(time.Millisecond))
	if left := n.Try(t, "pgrep --list-full --uid ollystack-collector"); left.Code == 0 {
		t.Errorf("processes are left behind:\n%s", left.Output)
	}
	if result := property(t, n.Machine, nodeUnit, "Result"); result != "success" {
		t.Errorf("the result of the stopped service is %s", result)
	}
	n.agent(t, applyTime, "is gone", func(g agent) bool { return !g.Connected && g.Status == "disconnected" })
	// The machine starts it again, and the agent is the one that it was.
	n.Reboot(t)
	machine.Connect(t, n.plane.Machine, n.Machine)
	n.agent(t, joinTime, "is back after a reboot", func(g agent) bool { return g.Connected && g.Status == "healthy" })
}

// A node whose package was removed is the same agent when it is installed again; purged,
// nothing of it is left.
func checkNodeRemoved(t *testing.T, _ *appliance, n *node) {
	const pkg = "ollystack-collector"
	before := n.applied(t, "nodes", 3)
	for range 2 {
		n.Run(t, "apt-get remove -y "+pkg)
	}
	if left := n.Try(t, "pgrep --list-full --uid "+pkg); left.Code == 0 {
		t.Errorf("processes are left behind:\n%s", left.Output)
	}
	apt(t, n.Machine, builtPackage(t, pkg))
	after := n.agent(t, joinTime, "is back", func(g agent) bool {
		return g.Connected && g.Status == "healthy" && g.ConnectedAt.After(before.ConnectedAt)
	})
	if after.ID != before.ID || after.Config != before.Config {
		t.Errorf("the agent is %+v, want it as it was: %+v", after, before)
	}

	said := n.Run(t, "apt-get purge -y "+pkg+" 2>&1")
	for _, dir := range []string{"/etc/ollystack-collector", "/var/lib/ollystack-collector"} {
		if !strings.Contains(said, "Deleted "+dir) {
			t.Errorf("the purge does not say that %s is deleted:\n%s", dir, said)
		}
	}
	if left := n.Run(t, "find /etc /var /usr /run -iname '*ollystack*' -print"); left != "" {
		t.Errorf("after the purge there is\n%s", left)
	}
	if r := n.Try(t, "getent passwd "+pkg+" || pgrep --list-full otelcol"); r.Code == 0 {
		t.Errorf("after the purge there is %s", r.Output)
	}
}

// A supervisor and a collector that came some other way join with the file that the dashboard
// shows, as it is, and run what they are given.
func checkByHand(t *testing.T, a *appliance, n *node) {
	var old agent
	a.must(t, http.MethodGet, "/api/v1/agents/"+n.Name, nil, &old)
	a.must(t, http.MethodDelete, "/api/v1/agents/"+old.ID, nil, nil)
	n.CopyIn(t, "../../bin/opampsupervisor", "/usr/local/bin/opampsupervisor")
	n.CopyIn(t, "../../bin/otelcol-ollystack", "/usr/local/bin/otelcol-contrib")
	n.Write(t, "/etc/ollystack/enrolment.token", strings.TrimSpace(a.Read(t, agentToken)))
	n.Write(t, "/root/supervisor.yaml", shown(t, "supervisor.yaml"))
	n.Run(t, "systemd-run --quiet --unit=by-hand --property=KillSignal=SIGINT opampsupervisor --config /root/supervisor.yaml")
	if after := n.applied(t, "nodes", 3); after.ID == old.ID {
		t.Errorf("the agent is %s, want another one than the package's", after.ID)
	}
}
