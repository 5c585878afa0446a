//go:build appliance

package packages

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/e2e/machine"
)

// later is a version that every build of this repository is older than.
const later = "99.0.0"

// TestDebWithoutSystemd: the .deb in a root that is not booted, as where an image of a
// machine is made: installed, again, edited, upgraded, removed, purged.
func TestDebWithoutSystemd(t *testing.T) {
	first := builtDeb(t, controlPlane)
	next := pack(t, controlPlane, later, "deb")
	root := machine.NewChroot(t)

	said := root.Run(t, "dpkg --install /root/"+filepath.Base(first)+" 2>&1", first)
	contains(t, said, "systemd does not run here")
	contains(t, root.Run(t, "getent passwd ollystack"), ":/var/lib/ollystack:/usr/sbin/nologin")
	state := func() string {
		return root.Run(t, `stat -c '%a %U:%G %n' /etc/ollystack/ollystack.yaml /etc/ollystack/credentials /var/lib/ollystack /var/backups/ollystack
			md5sum /etc/ollystack/* 2>/dev/null; ls /etc/systemd/system/*.wants | grep ollystack`)
	}
	contains(t, state(), "640 root:ollystack /etc/ollystack/ollystack.yaml\n", "700 root:root /etc/ollystack/credentials\n",
		"700 ollystack:ollystack /var/lib/ollystack\n", "700 ollystack:ollystack /var/backups/ollystack\n",
		"ollystack-control-plane.service\n", "ollystack-backup.timer\n")
	if stack := root.Run(t, "ls /etc/systemd/system/*.wants"); strings.Contains(stack, "ollystack-stack") {
		t.Errorf("the package enables the stack:\n%s", stack)
	}
	// It is what an operator without systemd is told to type, and it may read its settings.
	contains(t, root.Run(t, "runuser -u ollystack -- ollystack serve --print-settings"), "/var/lib/ollystack")

	before := state()
	root.Run(t, "dpkg --install /root/"+filepath.Base(first))
	if again := state(); again != before {
		t.Errorf("installed twice:\n%s\nonce:\n%s", again, before)
	}

	// An operator's changes, all of which an upgrade leaves: settings, modes, what is enabled, data.
	root.Run(t, `echo '# edited' >>/etc/ollystack/ollystack.yaml
		chmod 0600 /etc/ollystack/ollystack.yaml && chown ollystack:ollystack /etc/ollystack/ollystack.yaml
		chmod 0750 /var/lib/ollystack
		systemctl disable ollystack-backup.timer && systemctl mask ollystack-control-plane.service
		echo data >/var/lib/ollystack/fleet.db; echo secret >/etc/ollystack/credentials/redis.url
		echo backup >/var/backups/ollystack/one`)
	edited := state()
	root.Run(t, "dpkg --install /root/"+filepath.Base(next)+" </dev/null", next)
	if upgraded := state(); upgraded != edited {
		t.Errorf("after the upgrade:\n%s\nbefore:\n%s", upgraded, edited)
	}
	if got := root.Try(t, "systemctl is-enabled ollystack-control-plane.service ollystack-backup.timer").Output; got != "masked\ndisabled\n" {
		t.Errorf("after the upgrade the masked service and the disabled timer are %q", got)
	}
	contains(t, root.Run(t, "dpkg-query --show ollystack-control-plane"), later)

	// A mask is the operator's to take back.
	root.Run(t, "systemctl unmask ollystack-control-plane.service && dpkg --remove ollystack-control-plane")
	kept := root.Run(t, "cat /var/lib/ollystack/fleet.db /etc/ollystack/credentials/redis.url /var/backups/ollystack/one; tail -n 1 /etc/ollystack/ollystack.yaml")
	if kept != "data\nsecret\nbackup\n# edited\n" {
		t.Errorf("after the removal the operator's files hold %q", kept)
	}

	said = root.Run(t, "dpkg --purge ollystack-control-plane 2>&1")
	contains(t, said, "Deleted /var/lib/ollystack.", "Deleted /etc/ollystack.", "Kept the backups in /var/backups/ollystack.")
	gone := root.Try(t, "ls -d /etc/ollystack /var/lib/ollystack; getent passwd ollystack; getent group ollystack; find / -xdev -nouser -o -xdev -nogroup")
	if gone.Output != "" {
		t.Errorf("after the purge there is still:\n%s", gone.Output)
	}
	if left := root.Run(t, "find /etc /usr/lib/systemd /var/lib/systemd -name '*ollystack*'"); left != "" {
		t.Errorf("after the purge there is still:\n%s", left)
	}
	if got := root.Run(t, "stat -c %U /var/backups/ollystack/one"); got != "root\n" {
		t.Errorf("the backup belongs to %q after the purge, want root", got)
	}
	root.Run(t, "dpkg --purge ollystack-control-plane 2>&1 || [ $? -eq 0 ]") // nothing left to do is no error
}

// TestDebScriptsAgain: each script may be run again, as dpkg does after a power cut, and
// with the words that dpkg calls it with when something else has failed.
func TestDebScriptsAgain(t *testing.T) {
	root := machine.NewChroot(t)
	for _, name := range []string{controlPlane, collector} {
		deb := builtDeb(t, name)
		root.Run(t, "dpkg --install /root/"+filepath.Base(deb), deb)
		scripts := "/var/lib/dpkg/info/" + name
		for _, call := range []string{
			"postinst configure", "postinst configure 0.0.1", "postinst abort-upgrade 0.0.1", "postinst abort-remove",
			"prerm upgrade 99", "prerm failed-upgrade 0.0.1", "prerm remove", "postrm upgrade 99", "postrm failed-upgrade 0.0.1",
			"postrm abort-install", "postrm abort-upgrade 0.0.1", "postrm disappear x 1", "postrm remove", "postinst configure",
		} {
			root.Run(t, scripts+"."+call)
		}
		root.Run(t, scripts+".postrm purge && "+scripts+".postrm purge && "+scripts+".postinst configure")
	}
	contains(t, root.Run(t, "stat -c '%a %U' /var/lib/ollystack"), "700 ollystack\n")
}

// TestCollectorDebWithoutSystemd: the collector's package enables nothing, says what to
// type, and keeps an enrolment until it is purged.
func TestCollectorDebWithoutSystemd(t *testing.T) {
	deb := builtDeb(t, collector)
	root := machine.NewChroot(t)
	said := root.Run(t, "dpkg --install /root/"+filepath.Base(deb)+" 2>&1", deb)
	contains(t, said, "sudo ollystack-collector enrol --endpoint wss://HOST:4320/v1/opamp --token-file FILE")
	if got := root.Try(t, "systemctl is-enabled ollystack-collector").Output; got != "disabled\n" {
		t.Errorf("systemctl is-enabled ollystack-collector = %q, want disabled", got)
	}
	root.Run(t, "echo olly_0123456789abcdefghijklmnop >/root/t && ollystack-collector enrol --endpoint ws://192.0.2.1:4320/v1/opamp --token-file /root/t --no-check --no-start")
	said = root.Run(t, "dpkg --install /root/"+filepath.Base(deb)+" 2>&1")
	if strings.Contains(said, "not enrolled") {
		t.Errorf("an enrolled node is told that it is not:\n%s", said)
	}
	root.Run(t, "dpkg --remove ollystack-collector && test -s /etc/ollystack-collector/agent.token")
	contains(t, root.Run(t, "dpkg --purge ollystack-collector 2>&1"), "Deleted /etc/ollystack-collector.")
	if left := root.Run(t, "find /etc /usr /var -name '*ollystack*' -not -path '/var/cache/*'; getent passwd ollystack-collector || true"); left != "" {
		t.Errorf("after the purge there is still:\n%s", left)
	}
}
