//go:build appliance

package packages

import (
	"strings"
	"testing"

	"github.com/ollystack/control-plane/e2e/machine"
)

// TestRPM: the .rpm installed by rpm into a root of its own, its scripts run there. The
// root's programs are Debian's: rpm's own part of this is real (users before files, modes,
// .rpmnew, the words that scripts are called with), a Red Hat system it is not. Hence
// --nodeps: the database of packages in this root knows none that brings useradd.
func TestRPM(t *testing.T) {
	first, next := builtRPM(t, controlPlane), pack(t, controlPlane, later, "rpm")
	root := machine.NewChroot(t)
	rpm := func(args ...string) string {
		t.Helper()
		result := root.Outside(t, `mount --bind /dev "$ROOT/dev"; mount -t proc proc "$ROOT/proc"; rpm --root "$ROOT" "$@" 2>&1`, args...)
		if result.Code != 0 {
			t.Fatalf("rpm %v: %v", args, result)
		}
		return result.Output
	}
	rpm("--initdb")
	contains(t, rpm("--install", "--nodeps", "--nosignature", first), "systemd does not run here")
	state := func() string {
		return root.Run(t, `stat -c '%a %U:%G %n' /etc/ollystack/ollystack.yaml /etc/ollystack/credentials /var/lib/ollystack /var/backups/ollystack
			md5sum /etc/ollystack/ollystack.yaml /etc/ollystack/stack.env; ls /etc/systemd/system/*.wants | grep ollystack || true`)
	}
	contains(t, state(), "640 root:ollystack /etc/ollystack/ollystack.yaml\n", "700 root:root /etc/ollystack/credentials\n",
		"700 ollystack:ollystack /var/lib/ollystack\n", "700 ollystack:ollystack /var/backups/ollystack\n",
		"ollystack-control-plane.service\n", "ollystack-backup.timer\n")
	if got := rpm("--verify", "--nodeps", controlPlane); got != "" {
		t.Errorf("rpm --verify right after the installation:\n%s", got)
	}

	root.Run(t, `echo '# edited' >>/etc/ollystack/ollystack.yaml; echo data >/var/lib/ollystack/fleet.db
		echo backup >/var/backups/ollystack/one; systemctl disable ollystack-backup.timer`)
	edited := state()
	rpm("--upgrade", "--nodeps", "--nosignature", next)
	if upgraded := state(); upgraded != edited {
		t.Errorf("after the upgrade:\n%s\nbefore:\n%s", upgraded, edited)
	}
	contains(t, rpm("--query", controlPlane), later)

	contains(t, rpm("--erase", controlPlane), "Kept: the data in /var/lib/ollystack")
	contains(t, root.Run(t, "cat /var/lib/ollystack/fleet.db /var/backups/ollystack/one; tail -n 1 /etc/ollystack/ollystack.yaml.rpmsave"),
		"data\nbackup\n# edited\n")
	if got := root.Try(t, "ls /usr/bin/ollystack /etc/systemd/system/*.wants/ollystack*").Output; got != "" {
		t.Errorf("after the removal there is still:\n%s", got)
	}
}

// TestCollectorRPM: installed, enrolled, removed, installed again.
func TestCollectorRPM(t *testing.T) {
	root := machine.NewChroot(t)
	const script = `mount --bind /dev "$ROOT/dev"; rpm --root "$ROOT" --initdb; rpm --root "$ROOT" "$@" 2>&1`
	result := root.Outside(t, script, "--install", "--nodeps", "--nosignature", builtRPM(t, collector))
	contains(t, result.String(), "exit code 0", "sudo ollystack-collector enrol")
	root.Run(t, "echo olly_0123456789abcdefghijklmnop >/root/t && ollystack-collector enrol --endpoint ws://192.0.2.1:4320/v1/opamp --token-file /root/t --no-check --no-start")
	result = root.Outside(t, script, "--erase", collector)
	contains(t, result.String(), "exit code 0", "Kept: the enrolment in /etc/ollystack-collector")
	root.Run(t, "test -s /etc/ollystack-collector/agent.token && ! test -e /usr/bin/ollystack-collector")
	enabled := func() string { return root.Try(t, "systemctl is-enabled ollystack-collector").Output }
	if got := enabled(); got == "enabled\n" {
		t.Errorf("removed, it is %q", got)
	}
	result = root.Outside(t, script, "--install", "--nodeps", "--nosignature", builtRPM(t, collector))
	if got := enabled(); result.Code != 0 || strings.Contains(result.Output, "not enrolled") || got != "enabled\n" {
		t.Errorf("installed again with its enrolment it is %q, want enabled: %v", got, result)
	}
}
