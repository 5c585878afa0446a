//go:build appliance

package boot

import (
	"strings"
	"testing"

	"github.com/ollystack/control-plane/e2e/machine"
)

// The ground that the stories stand on: a machine boots, runs what it is told, keeps
// its disk over a reboot and a power cut, and has no way out.
func TestMachine(t *testing.T) {
	m := machine.Boot(t, machine.Options{})
	if got := strings.TrimSpace(m.Run(t, "hostname")); got != m.Name {
		t.Errorf("hostname = %q, want %q", got, m.Name)
	}
	if r := m.Try(t, "echo out; echo err >&2; exit 7"); r.Code != 7 || r.Output != "out\n" || r.Errors != "err\n" {
		t.Errorf("Try = %v, want exit code 7 and both outputs", r)
	}
	if routes := m.Run(t, "ip route show"); routes != "" {
		t.Errorf("ip route show = %q, want none", routes)
	}
	m.Write(t, "/var/lib/kept", "kept")
	m.Run(t, "sync")
	m.Reboot(t)
	m.PowerOff(t)
	m.PowerOn(t)
	if got := m.Read(t, "/var/lib/kept"); got != "kept" {
		t.Errorf("after a reboot and a power cut the file holds %q", got)
	}
}
