//go:build appliance

package bundle

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/images"
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
	// What asks it is in its container, and tells one that serves from one that does not.
	if got := inspect(t, m, "beyla", "{{.State.Health.Status}}"); got != "healthy" {
		t.Errorf("beyla is %s, want healthy", got)
	}
	if got := m.Try(t, "docker exec ollystack-beyla /usr/lib/ollystack-probe/wget -q -O /dev/null http://127.0.0.1:6061/internal/metrics"); got.Code == 0 {
		t.Errorf("what asks Beyla is content where nothing listens: %v", got)
	}
	if got, want := running(t, m), slices.Sorted(slices.Values(append(slices.Clone(before), "ollystack-beyla", "ollystack-object-storage"))); !slices.Equal(got, want) {
		t.Errorf("with both profiles run %q, want %q", got, want)
	}

	m.Run(t, "systemctl stop ollystack-stack@ebpf")
	if got, want := running(t, m), slices.Sorted(slices.Values(append(slices.Clone(before), "ollystack-object-storage"))); !slices.Equal(got, want) {
		t.Errorf("without ebpf run %q, want %q", got, want)
	}
	m.Run(t, "systemctl stop ollystack-stack@longterm")
	bucket(t, m, before)
	m.Run(t, "systemctl stop ollystack-stack")
	if state := m.Try(t, "systemctl is-active ollystack-stack@bucket").Output; strings.TrimSpace(state) != "inactive" {
		t.Errorf("with the stack stopped ollystack-stack@bucket is %s", state)
	}
	if left := m.Run(t, "docker ps -aq"); left != "" {
		t.Errorf("the stopped stack leaves containers: %s", left)
	}
	removed(t, m)
}

// removed: what docs/stack.md says removes all data does.
func removed(t *testing.T, m *machine.Machine) {
	t.Helper()
	const line = "docker volume rm $(docker volume ls -q --filter label=com.docker.compose.project=ollystack)"
	page, err := os.ReadFile(filepath.Join(checkout, "docs/stack.md"))
	if err != nil || !strings.Contains(string(page), "\n    "+line+"\n") {
		t.Errorf("docs/stack.md does not say %q (%v)", line, err)
	}
	m.Run(t, line)
	if left := m.Run(t, "docker volume ls -q"); left != "" {
		t.Errorf("after %s there are still: %s", line, left)
	}
}

// bucket: with a bucket that is not the stack's, named in stack.env, old rows go there; no object
// storage is started.
func bucket(t *testing.T, m *machine.Machine, before []string) {
	t.Helper()
	m.Run(t, `mkdir -p /srv/buckets/mine /srv/attributes
		docker run --detach --name my-buckets --network ollystack_default --network-alias buckets.example --user 0:0 \
			--env ROOT_ACCESS_KEY=me --env ROOT_SECRET_KEY=my-secret-key -v /srv/buckets:/buckets -v /srv/attributes:/attributes \
			`+images.ObjectStorage.Ref()+` --port :7070 --region eu-west-9 --health /health posix --disable-object-lock-file --sidecar /attributes /buckets
		printf '%s\n' S3_ENDPOINT=http://buckets.example:7070/mine/ S3_REGION=eu-west-9 S3_ACCESS_KEY_ID=me S3_SECRET_ACCESS_KEY=my-secret-key >>/etc/ollystack/stack.env`)
	machine.Eventually(t, 20*time.Second, "the bucket is there", func() error {
		if got := m.Try(t, "docker exec my-buckets wget -q -O - http://127.0.0.1:7070/health"); got.Code != 0 {
			return fmt.Errorf("%v", got)
		}
		return nil
	})
	start(t, m, "bucket")
	if got := inspect(t, m, "cold-tier", "{{.State.Status}} {{.State.ExitCode}}"); got != "exited 0" {
		t.Errorf("cold-tier has %s, want exited 0", got)
	}
	if got, want := running(t, m), append([]string{"my-buckets"}, before...); !slices.Equal(got, want) {
		t.Errorf("with a bucket run %q, want %q", got, want)
	}
	m.Run(t, query+`"INSERT INTO otel.otel_logs (Timestamp, Body) SELECT now() - INTERVAL 20 DAY, 'of old'"`)
	machine.Eventually(t, time.Minute, "an old row is in the bucket", func() error {
		disks := strings.TrimSpace(m.Run(t, query+`"SELECT DISTINCT disk_name FROM system.parts WHERE table = 'otel_logs' AND active"`))
		objects := strings.TrimSpace(m.Run(t, "find /srv/buckets/mine -type f | wc -l"))
		if !strings.Contains(disks, "cold") || objects == "0" {
			return fmt.Errorf("rows are on %q, and the bucket has %s objects", disks, objects)
		}
		return nil
	})
	if got := strings.TrimSpace(m.Run(t, query+`"SELECT Body FROM otel.otel_logs WHERE Body = 'of old'"`)); got != "of old" {
		t.Errorf("from the bucket comes %q, want %q", got, "of old")
	}
	m.Run(t, "docker rm --force --volumes my-buckets")
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
