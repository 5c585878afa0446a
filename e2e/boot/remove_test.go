//go:build appliance

package boot

import (
	"strings"
	"testing"

	"github.com/ollystack/control-plane/e2e/machine"
)

// checkRemoved removes the package, twice, and gets everything back by installing it,
// twice; purging it deletes the data, and says so.
func checkRemoved(t *testing.T, a *appliance, deb string) {
	const pkg = "ollystack-control-plane"
	body := quiet("outlives the package")
	a.store(t, "outlives", body)
	a.Run(t, "echo '# a line of mine' >>"+settings)
	edited := a.Read(t, settings)

	for range 2 {
		a.Run(t, "apt-get remove -y "+pkg)
	}
	if r := a.Try(t, "systemctl is-active "+unit); r.Code == 0 {
		t.Error("it runs on after its removal")
	}
	if r := a.Try(t, "pgrep -u ollystack"); r.Code == 0 {
		t.Errorf("processes of ollystack run on after the removal: %s", r.Output)
	}
	if left := strings.TrimSpace(a.Run(t, "systemctl --failed --no-legend | wc -l")); left != "0" {
		t.Errorf("%s units are failed after the removal", left)
	}

	token := a.token
	for range 2 {
		a.install(t, deb, "--reinstall")
	}
	if a.token != token {
		t.Error("the admin's token is another one after the package was installed again")
	}
	a.stored(t, "outlives", body)
	if got := a.Read(t, settings); got != edited {
		t.Errorf("the edited settings are %q, want what they were", got)
	}

	a.Run(t, "touch /var/backups/ollystack/mine")
	said := a.Run(t, "apt-get purge -y "+pkg+" 2>&1")
	for _, dir := range []string{"/etc/ollystack", stateDir} {
		if !strings.Contains(said, "Deleted "+dir) {
			t.Errorf("the purge does not say that %s is deleted:\n%s", dir, said)
		}
		if r := a.Try(t, "test -e "+dir); r.Code == 0 {
			t.Errorf("%s is there after the purge", dir)
		}
	}
	if r := a.Try(t, "test -e /var/backups/ollystack/mine"); r.Code != 0 || !strings.Contains(said, "/var/backups/ollystack") {
		t.Errorf("the purge takes the backups, or does not say that it keeps them:\n%s", said)
	}
	if r := a.Try(t, "getent passwd ollystack || getent group ollystack"); r.Code == 0 {
		t.Errorf("after the purge there is %s", r.Output)
	}
	if left := a.Run(t, "find /etc /var /usr /run -path /var/backups/ollystack -prune -o -iname '*ollystack*' -print"); left != "" {
		t.Errorf("after the purge there is\n%s", left)
	}

	a.install(t, deb)
	if a.token == token {
		t.Error("the admin's token is the one from before the purge")
	}
}

// In an image that is being made no systemd runs. The packages install, say what is to
// come, and go again; the control plane is enabled, the node waits for its enrolment.
func TestChroot(t *testing.T) {
	plane, node := builtPackage(t, "ollystack-control-plane"), builtPackage(t, "ollystack-collector")
	c := machine.NewChroot(t)
	said := c.Run(t, `cd /root && apt-get install -y ./*.deb 2>&1 && apt-get install -y --reinstall ./*.deb 2>&1
		systemctl is-enabled `+unit+`
		getent passwd ollystack ollystack-collector
		test ! -e `+adminToken+` && test ! -e /etc/ollystack-collector/supervisor.yaml
		systemctl is-enabled `+nodeUnit+` || true`, plane, node)
	for _, want := range []string{"systemd does not run here", "\nenabled\n", "\ndisabled\n", "ollystack-collector enrol"} {
		if !strings.Contains(said, want) {
			t.Errorf("installing does not say %q:\n%s", want, said)
		}
	}
	said = c.Run(t, `apt-get remove -y ollystack-control-plane ollystack-collector 2>&1
		apt-get purge -y ollystack-control-plane ollystack-collector 2>&1
		! getent passwd ollystack && ! getent passwd ollystack-collector`)
	if !strings.Contains(said, "Deleted "+stateDir) {
		t.Errorf("the purge says\n%s", said)
	}
}
