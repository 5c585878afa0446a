//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// joinTime is how long a supervisor may take from its start until its agent is
// connected and healthy: it first starts a collector to learn what it is, and
// stopping that one sometimes takes 11 s.
const joinTime = 60 * time.Second

// applyTime is how long a configuration may take from the request until it is
// reported applied; config_apply_timeout is part of it.
const applyTime = 30 * time.Second

// supervisor is a real supervisor with its collector.
type supervisor struct {
	process *process
	name    string
	dir     string
	file    string
}

// supervisorOptions is what tests want different about a supervisor.
type supervisorOptions struct {
	Env        string // attribute env of its agent, "e2e" by default
	Scheme     string // ws by default
	Token      string // sent as bearer token when set
	CA         string // file with the authority to trust when set
	InstanceID string // made up by the supervisor when empty
}

// startSupervisor starts an agent that is called name and joins s. Its file is the
// one that we hand out, with the lines changed that a user changes.
func startSupervisor(t *testing.T, s *server, name string, o supervisorOptions) *supervisor {
	t.Helper()
	if o.Env == "" {
		o.Env = "e2e"
	}
	if o.Scheme == "" {
		o.Scheme = "ws"
	}
	sample, err := os.ReadFile("../packaging/collector/supervisor.yaml")
	if err != nil {
		t.Fatalf("read the supervisor file to hand out: %v", err)
	}
	sv := &supervisor{name: name, dir: t.TempDir()}
	sv.file = filepath.Join(sv.dir, "supervisor.yaml")
	edits := [][2]string{
		{"ws://127.0.0.1:4320/v1/opamp", o.Scheme + "://" + s.address + "/v1/opamp"},
		{"/usr/local/bin/otelcol-contrib", binary(t, "otelcol-ollystack")},
		{"/var/lib/otelcol/supervisor", filepath.Join(sv.dir, "storage")},
		// The status APPLIED comes only when this time has passed.
		{"config_apply_timeout: 5s", "config_apply_timeout: 3s"},
		{"  # args: [", "  args: ["},
		{
			"  # description:\n  #   non_identifying_attributes:\n  #     env: production\n",
			fmt.Sprintf("  description:\n    non_identifying_attributes: {host.name: %s, env: %s}\n", name, o.Env),
		},
	}
	if o.Token != "" {
		edits = append(edits, [2]string{
			"  # headers:\n  #   Authorization: ",
			"  headers:\n    Authorization: ",
		})
	}
	if o.CA != "" {
		edits = append(edits, [2]string{
			"  # tls:\n  #   ca_file: /etc/ollystack/ca.pem",
			"  tls:\n    ca_file: " + o.CA,
		})
	}
	if o.InstanceID != "" {
		edits = append(edits, [2]string{"agent:\n", "agent:\n  instance_id: " + o.InstanceID + "\n"})
	}
	text := string(sample)
	for _, e := range edits {
		if strings.Count(text, e[0]) != 1 {
			t.Fatalf("packaging/collector/supervisor.yaml has %q %d times, want once", e[0], strings.Count(text, e[0]))
		}
		text = strings.Replace(text, e[0], e[1], 1)
	}
	if err := os.WriteFile(sv.file, []byte(text), 0o600); err != nil {
		t.Fatalf("write supervisor file: %v", err)
	}
	sv.start(t, o.Token)
	return sv
}

// start starts the supervisor, for the first time or again.
func (sv *supervisor) start(t *testing.T, token string) {
	t.Helper()
	sv.process = startProcess(t, "supervisor of "+sv.name, filepath.Join(sv.dir, "supervisor.log"),
		[]string{"OLLYSTACK_AGENT_TOKEN=" + token}, binary(t, "opampsupervisor"), "--config", sv.file)
}

// stop stops supervisor and collector.
func (sv *supervisor) stop(t *testing.T) {
	t.Helper()
	sv.process.stop(t, syscall.SIGINT, 30*time.Second)
}

// collector is the process id of the one collector that the supervisor runs.
func (sv *supervisor) collector(t *testing.T) int {
	t.Helper()
	var pids []int
	eventually(t, 15*time.Second, "collector of "+sv.name, func() error {
		if pids = sv.process.children(t); len(pids) != 1 {
			return fmt.Errorf("the supervisor's children are %v, want one", pids)
		}
		return nil
	})
	return pids[0]
}

// joins starts nothing; it waits until the agent is connected and healthy.
func (s *server) joins(t *testing.T, sv *supervisor) agent {
	t.Helper()
	return s.waitAgent(t, sv.name, joinTime, "joins", func(a agent) bool {
		if !sv.process.running() {
			t.Fatalf("the supervisor of %s has ended:\n%s", sv.name, tail(sv.process.log, 10))
		}
		return a.Connected && a.Status == "healthy"
	})
}

// applied waits until the agent reports version of config as applied.
func (s *server) applied(t *testing.T, name, config string, version int) agent {
	t.Helper()
	return s.waitAgent(t, name, applyTime, fmt.Sprintf("applies version %d of %s", version, config), func(a agent) bool {
		return a.Config.Status == "applied" && a.Config.Name == config && a.Config.Version == version &&
			a.Status == "healthy"
	})
}

// receiving is a configuration whose one receiver takes OTLP over HTTP on port, so
// that a test can ask the collector itself what it runs.
func receiving(port int) string {
	return fmt.Sprintf(`receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:%d
exporters:
  debug: {}
service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [debug]
`, port)
}

// unknownReceiver is well formed, so the server stores it, and no collector of ours
// can start it.
const unknownReceiver = `receivers:
  nosuchthing:
    interval: 10s
exporters:
  debug: {}
service:
  pipelines:
    traces:
      receivers: [nosuchthing]
      exporters: [debug]
`

// takesOTLP sends an empty trace request to a collector.
func takesOTLP(port int) error {
	url := fmt.Sprintf("http://127.0.0.1:%d/v1/traces", port)
	res, err := httpClient.Post(url, "application/json", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s answers %d", url, res.StatusCode)
	}
	return nil
}

// receives waits until a collector takes OTLP on port.
func receives(t *testing.T, port int) {
	t.Helper()
	eventually(t, 15*time.Second, "the collector takes OTLP", func() error { return takesOTLP(port) })
}

// settles waits until the collector takes OTLP on port, for an agent that was
// configured by the first answer. A busy v0.149.0 may still be composing its
// initial configuration then, and overwrites the one that has arrived with it: it
// reports the new one as applied, keeps it as the last one received, and runs the
// initial one until it is started again. That is told apart from a configuration
// that never arrived, and mended as its user would.
func (sv *supervisor) settles(t *testing.T, port int) {
	t.Helper()
	overwritten := false
	eventually(t, 15*time.Second, "the collector takes OTLP, or is known to be left behind", func() error {
		err := takesOTLP(port)
		if err == nil {
			return nil
		}
		storage, endpoint := filepath.Join(sv.dir, "storage"), fmt.Sprintf("127.0.0.1:%d", port)
		if contains(filepath.Join(storage, "last_recv_remote_config.dat"), endpoint) == nil &&
			contains(filepath.Join(storage, "effective.yaml"), endpoint) != nil {
			overwritten = true
			return nil //nolint:nilerr // that nobody answers is explained now
		}
		return err
	})
	if overwritten {
		t.Logf("the supervisor of %s has lost the configuration of its first answer; it is started again", sv.name)
		sv.stop(t)
		sv.start(t, "")
	}
	receives(t, port)
}

// silent waits until nobody takes OTLP on port.
func silent(t *testing.T, port int) {
	t.Helper()
	eventually(t, 15*time.Second, "the collector no longer takes OTLP", func() error {
		if err := takesOTLP(port); err != nil {
			return nil //nolint:nilerr // not being answered is what is waited for
		}
		return errors.New("it does")
	})
}
