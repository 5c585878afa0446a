//go:build appliance

package bundle

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/machine"
)

// bootWithEngine boots a Debian with a Docker Engine of its own.
func bootWithEngine(t *testing.T) *machine.Machine {
	t.Helper()
	m := machine.Boot(t, machine.Options{
		Packages: []string{"docker.io", "docker-compose", "iptables", "zstd"},
		// What an engine may do on a machine; and a place for its layers that is no overlay itself.
		Args: []string{"--capability=all", "--system-call-filter=add_key keyctl bpf", "--bind=" + t.TempDir() + ":/var/lib/docker"},
	})
	// With control groups of version 1 systemd-nspawn lends them for reading alone.
	m.Run(t, `[ ! -d /sys/fs/cgroup/memory ] || for d in blkio cpu cpuacct cpuset devices freezer memory pids; do mount -o remount,rw,bind /sys/fs/cgroup/$d; done`)
	lend(t, m)
	return m
}

// resource is the one capability that a machine which runs these tests may lack (CAP_SYS_RESOURCE,
// bit 24 of linux/capability.h).
const resource = uint64(1) << 24

// lend lets privileged containers start where this machine lacks a capability itself, and its engine
// cannot give it to anybody: they go without that one.
func lend(t *testing.T, m *machine.Machine) {
	t.Helper()
	text := strings.TrimSpace(m.Run(t, "sed -n 's/^CapBnd:[^0-9a-f]*//p' /proc/1/status"))
	bounds, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		t.Fatalf("the capabilities of the machine are %q: %v", text, err)
	}
	if bounds&resource != 0 {
		return
	}
	m.Write(t, "/usr/local/sbin/runc", `#!/bin/sh
before=
for word; do
	case $before in
	--bundle) sed -i 's/"CAP_SYS_RESOURCE",\{0,1\}//g; s/,]/]/g' "$word/config.json" ;;
	--process) sed -i 's/"CAP_SYS_RESOURCE",\{0,1\}//g; s/,]/]/g' "$word" ;; # exec, of a health check
	esac
	before=$word
done
exec /usr/sbin/runc "$@"
`)
	m.Run(t, "chmod 755 /usr/local/sbin/runc")
}

// TestBundle makes a bundle, carries it to a machine without a way out, and installs it there.
func TestBundle(t *testing.T) {
	m := bootWithEngine(t)
	key := newSigner(t)
	file := makeBundle(t, m, key)
	if left := strings.TrimSpace(m.Run(t, "docker image ls -q")); left != "" {
		t.Fatalf("the machine still has images: %s", left)
	}
	sink := newSink(t, m)

	m.CopyIn(t, file, "/root/bundle.tar.zst")
	m.Run(t, "cd /root && tar --zstd -xf bundle.tar.zst && rm bundle.tar.zst && mv ollystack-*-amd64 bundle")

	t.Run("refused", func(t *testing.T) { refused(t, m, key) })
	t.Run("check", func(t *testing.T) { check(t, m) })
	t.Run("install", func(t *testing.T) { install(t, m, key) })
	t.Run("stack", func(t *testing.T) { stack(t, m) })
	t.Run("node", func(t *testing.T) { node(t, m) })
	t.Run("again", func(t *testing.T) { again(t, m, key) })
	t.Run("profiles", func(t *testing.T) { profiles(t, m) })
	t.Run("nothing called out", func(t *testing.T) { sink.empty(t) })
}

// refused: what was changed on its way is not installed, and neither is what nobody vouches for.
func refused(t *testing.T, m *machine.Machine, key signer) {
	for _, c := range []struct{ name, spoil, args, says string }{
		{"a byte of a package", `f=$(ls packages/*.deb | head -n 1); cp "$f" x; printf X | dd of=x bs=1 seek=5000 conv=notrunc status=none; mv x "$f"`, "", "damaged or was changed"},
		{"a file too many", "echo x > images/extra.tar", "", "not named in SHA256SUMS"},
		{"a link too many", "ln -s /etc/passwd packages/ollystack-control-plane_9_amd64.deb", "", "not named in SHA256SUMS"},
		{"the sums themselves", "cp SHA256SUMS x; echo >> x; mv x SHA256SUMS", "", "signature of SHA256SUMS is not good"},
		{"no signature", "rm SHA256SUMS.asc", "", "not signed"},
		{"another key", ":", "--fingerprint 0123456789ABCDEF0123456789ABCDEF01234567", "not with 0123456789ABCDEF"},
		{"no sums", "rm SHA256SUMS", "--no-signature", "not whole"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := m.Try(t, "rm -rf /root/spoilt && cp -Rl /root/bundle /root/spoilt && cd /root/spoilt && "+c.spoil+" && ./install.sh "+c.args+" 2>&1")
			if got.Code != 1 || !strings.Contains(got.Output, c.says) || !strings.Contains(got.Output, "Nothing was installed") && c.says != "not whole" {
				t.Errorf("install.sh = %v, want code 1 and %q", got, c.says)
			}
		})
	}
	if got := m.Try(t, "dpkg -s ollystack-control-plane"); got.Code == 0 {
		t.Errorf("the package is installed after all: %v", got)
	}
	m.Run(t, "rm -rf /root/spoilt")
}

// check: what is missing is said before anything happens.
func check(t *testing.T, m *machine.Machine) {
	got := m.Try(t, "cd /root/bundle && ./install.sh --check --stack --profile longterm 2>&1")
	if got.Code != 0 || !strings.Contains(got.Output, "nothing is missing") {
		t.Errorf("install.sh --check = %v, want code 0", got)
	}
	got = m.Try(t, "cd /root/bundle && ./install.sh --check --stack --profile bucket 2>&1")
	if got.Code != 1 || !strings.Contains(got.Output, "MISSING  S3_ENDPOINT in /etc/ollystack/stack.env") || !strings.Contains(got.Output, "1 missing") {
		t.Errorf("install.sh --check with a bucket that nobody has named = %v, want code 1 and S3_ENDPOINT missing", got)
	}
	// Something else has the port, and the engine is away.
	m.Run(t, "systemd-run --quiet --unit=squatter systemd-socket-activate --listen=127.0.0.1:4317 /bin/true")
	m.Run(t, "systemctl stop docker.socket docker.service")
	machine.Eventually(t, 10*time.Second, "the port is taken and the check says so", func() error {
		got = m.Try(t, "cd /root/bundle && ./install.sh --check --stack 2>&1")
		for _, want := range []string{"MISSING  port 4317", "MISSING  a Docker Engine", "2 missing"} {
			if got.Code != 1 || !strings.Contains(got.Output, want) {
				return fmt.Errorf("install.sh --check = %v, want code 1 and %q", got, want)
			}
		}
		return nil
	})
	got = m.Try(t, "cd /root/bundle && ./install.sh --stack 2>&1")
	if got.Code != 1 || m.Try(t, "dpkg -s ollystack-control-plane").Code == 0 {
		t.Errorf("install.sh with things missing = %v, want code 1 and nothing installed", got)
	}
	m.Run(t, "systemctl stop squatter.service; systemctl start docker.service")
}

func install(t *testing.T, m *machine.Machine, key signer) {
	if hard := strings.TrimSpace(m.Run(t, "ulimit -Hn")); hard != "unlimited" && len(hard) < len("262144") {
		// Where limits may not be raised, as docs/stack.md has it.
		for _, unit := range []string{"ollystack-stack", "ollystack-stack@"} {
			m.Write(t, "/etc/systemd/system/"+unit+".service.d/nofile.conf", "[Service]\nEnvironment=CLICKHOUSE_NOFILE="+hard+"\n")
		}
	}
	began := time.Now()
	got := m.Try(t, "cd /root/bundle && ./install.sh --stack --fingerprint "+key.fingerprint+" 2>&1")
	t.Logf("install.sh --stack took %v:\n%s", time.Since(began).Round(time.Second), got.Output)
	if got.Code != 0 {
		t.Fatalf("install.sh --stack = code %d", got.Code)
	}
	for _, unit := range []string{"ollystack-control-plane.service", "ollystack-stack.service"} {
		if state := strings.TrimSpace(m.Try(t, "systemctl is-active "+unit).Output); state != "active" {
			t.Errorf("%s is %q, want active", unit, state)
		}
		if state := strings.TrimSpace(m.Try(t, "systemctl is-enabled "+unit).Output); state != "enabled" {
			t.Errorf("%s is %q, want enabled", unit, state)
		}
	}
	if containers := m.Run(t, "docker ps --format '{{.Names}}'"); strings.Contains(containers, "opamp-server") || strings.Contains(containers, "redis") {
		t.Errorf("beside an installed control plane run\n%s\nwant neither opamp-server nor redis", containers)
	}
}

const ask = `curl -fsS -H "Authorization: Bearer $(cat /var/lib/ollystack/admin.token)" `

// query asks ClickHouse: a statement in quotation marks follows.
const query = `curl -fsS -H 'X-ClickHouse-User: ollystack' -H 'X-ClickHouse-Key: ollystack123' http://127.0.0.1:8123/ --data `

type agentList struct {
	Agents []struct {
		Name   string `json:"name"`
		Status string `json:"status"`
		Config struct {
			Name   string `json:"config_name"`
			Status string `json:"status"`
		} `json:"config"`
	} `json:"agents"`
}

// stack: the collectors in containers are managed by the host's control plane, and what
// is sent to the gateway arrives in ClickHouse.
func stack(t *testing.T, m *machine.Machine) {
	machine.Eventually(t, time.Minute, "gateway and agent run what they were given", func() error {
		var list agentList
		decode(t, m.Run(t, ask+"http://127.0.0.1:4320/api/v1/agents"), &list)
		for _, a := range list.Agents {
			if a.Status != "healthy" || a.Config.Status != "applied" {
				return fmt.Errorf("agents = %+v, want both healthy and applied", list.Agents)
			}
		}
		if len(list.Agents) != 2 {
			return fmt.Errorf("agents = %+v, want gateway and agent", list.Agents)
		}
		return nil
	})
	now := time.Now().UnixNano()
	m.Write(t, "/root/trace.json", fmt.Sprintf(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"bundled"}}]},
		"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"carried","kind":2,
		"startTimeUnixNano":"%d","endTimeUnixNano":"%d"}]}]}]}`, now, now+1e6))
	m.Run(t, "curl -fsS -H 'Content-Type: application/json' --data @/root/trace.json http://127.0.0.1:4318/v1/traces")
	machine.Eventually(t, time.Minute, "the span is in ClickHouse", func() error {
		got := m.Try(t, query+`"SELECT SpanName FROM otel.otel_traces WHERE ServiceName = 'bundled'"`)
		if got.Code != 0 || strings.TrimSpace(got.Output) != "carried" {
			return fmt.Errorf("the query answers %v", got)
		}
		return nil
	})
}

// node: the bundle's collector joins, on this machine and from what the control plane serves.
func node(t *testing.T, m *machine.Machine) {
	m.Run(t, "cd /root/bundle && ./install.sh --collector --endpoint ws://127.0.0.1:4320/v1/opamp --token-file /var/lib/ollystack/enrolment.token 2>&1")
	machine.Eventually(t, time.Minute, "three agents", func() error {
		var status struct {
			Healthy int `json:"healthy"`
		}
		decode(t, m.Run(t, ask+"http://127.0.0.1:4320/api/v1/fleet/status"), &status)
		if status.Healthy != 3 {
			return fmt.Errorf("%d healthy agents, want 3", status.Healthy)
		}
		return nil
	})
	sums := m.Run(t, `curl -fsS -H "Authorization: Bearer $(cat /var/lib/ollystack/enrolment.token)" http://127.0.0.1:4320/packages/SHA256SUMS`)
	packages, err := filepath.Glob(m.Path("/root/bundle/packages/ollystack-collector*"))
	if err != nil || len(packages) != 2 {
		t.Fatalf("the bundle's packages of the collector: %v, %v; want a .deb and a .rpm", packages, err)
	}
	for _, p := range packages {
		if !strings.Contains(sums, filepath.Base(p)) {
			t.Errorf("/packages/SHA256SUMS does not name %s", filepath.Base(p))
		}
	}
}

// again: to install once more changes nothing, an operator's edits included.
func again(t *testing.T, m *machine.Machine, key signer) {
	settings := m.Path("/etc/ollystack/ollystack.yaml")
	before, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	edited := append(before, []byte("\nlog: {level: debug}\n")...)
	if err := os.WriteFile(settings, edited, 0o640); err != nil {
		t.Fatal(err)
	}
	m.Run(t, "cd /root/bundle && ./install.sh --stack --fingerprint "+key.fingerprint+" 2>&1")
	after, err := os.ReadFile(settings)
	if err != nil || string(after) != string(edited) {
		t.Errorf("the settings file after a second install = %q, %v; want it as it was edited", after, err)
	}
}
