//go:build appliance

package boot

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/e2e/machine"
)

// A disk that is full is told in words, to who writes and to who watches; the service is
// neither killed nor started over and over for it, and goes on by itself when there is
// space again. What was stored before is there.
func TestFullDisk(t *testing.T) {
	a := newAppliance(t)
	// A disk of its own for the data, as an operator may mount one before the installation.
	a.Run(t, "mkdir -p "+stateDir+" && mount -t tmpfs -o size=24m,mode=0755 disk "+stateDir)
	a.install(t, builtPackage(t, "ollystack-control-plane"))
	a.dropIn(t, "WatchdogSec=3\n")
	a.Run(t, "systemctl restart "+unit)
	a.waitServing(t)
	a.store(t, "before", quiet("before"))
	process := a.property(t, "MainPID")

	a.Run(t, "dd if=/dev/zero of="+stateDir+"/ballast bs=64k 2>/dev/null || true")
	// The store has some room in its own file; then it is told, and nothing is half written.
	refused := a.fill(t)
	if refused.Status != http.StatusServiceUnavailable && refused.Status != http.StatusInsufficientStorage {
		t.Errorf("a write to a full disk answers %v, want 503 or 507", refused)
	}
	if !strings.Contains(refused.Detail, "space") && !strings.Contains(refused.Detail, "disk") {
		t.Errorf("a write to a full disk answers %q, which does not speak of the disk", refused.Detail)
	}
	machine.Eventually(t, startTime, "the healthcheck tells of it", func() error {
		if r := a.Try(t, "ollystack healthcheck"); r.Code == 0 {
			return errors.New("it is content")
		}
		return nil
	})
	a.stored(t, "before", quiet("before"))

	// Four times as long as the watchdog waits.
	a.Run(t, "systemd-run --quiet --on-active=12 --timer-property=AccuracySec=100ms touch /run/watched")
	machine.Eventually(t, startTime, "the watchdog's time has passed", func() error {
		if r := a.Try(t, "test -e /run/watched"); r.Code != 0 {
			return errors.New("not yet")
		}
		return nil
	})
	if now := a.property(t, "MainPID"); now != process || a.number(t, "NRestarts") != 0 {
		t.Errorf("on a full disk process %s became %s, with %d restarts; want it to be left alone", process, now, a.number(t, "NRestarts"))
	}
	if said := lastLines(t, a.Machine, unit, 200); !strings.Contains(said, "no space left on device") {
		t.Errorf("the journal does not say that the disk is full:\n%s", said)
	}

	a.Run(t, "rm "+stateDir+"/ballast")
	a.waitServing(t)
	a.store(t, "after", quiet("after"))
	a.stored(t, "before", quiet("before"))
	if now := a.property(t, "MainPID"); now != process {
		t.Errorf("the disk has space again and the process is %s, want %s: it heals by itself", now, process)
	}
}

// fill stores configurations until one is refused, and returns the refusal.
func (a *appliance) fill(t *testing.T) *problem {
	t.Helper()
	const most = 400
	comment := strings.Repeat("# what takes space\n", 3000)
	for i := range most {
		err := a.call(http.MethodPost, fmt.Sprintf("/api/v1/configs?name=filling-%d", i), quiet(fmt.Sprint(i))+comment, nil)
		if err == nil {
			continue
		}
		var p *problem
		if !errors.As(err, &p) {
			t.Fatalf("store a configuration on a full disk: %v", err)
		}
		return p
	}
	t.Fatalf("the disk is full and %d configurations fit", most)
	return nil
}
