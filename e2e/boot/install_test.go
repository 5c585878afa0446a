//go:build appliance

package boot

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/e2e/machine"
)

// One command on a machine without a network, and there is a control plane that keeps
// to itself, tells what it does, and gets up again whatever happens to it. In the end it
// goes as it came, and never takes data along that nobody told it to.
func TestInstall(t *testing.T) {
	a := newAppliance(t)
	deb := builtPackage(t, "ollystack-control-plane")
	said := a.install(t, deb)

	steps := []struct {
		name string
		run  func(*testing.T, *appliance)
	}{
		{"files", func(t *testing.T, a *appliance) { checkFiles(t, a, said) }},
		{"what apt says to do next", func(t *testing.T, a *appliance) { checkNextCommand(t, a, said) }},
		{"tokens", checkTokens},
		{"unit", checkUnit},
		{"sandbox", checkSandbox},
		{"journal", checkJournal},
		{"settings that are wrong", checkWrongSettings},
		{"killed", checkKilled},
		{"hung", checkHung},
		{"power cut", checkPowerCut},
		{"stack without Docker", checkStackWithoutDocker},
		{"removed", func(t *testing.T, a *appliance) { checkRemoved(t, a, deb) }},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) { step.run(t, a) })
	}
}

func checkFiles(t *testing.T, a *appliance, said string) {
	for _, file := range []string{adminToken, agentToken} {
		if !strings.Contains(said, file) {
			t.Errorf("apt does not say that there is a token in %s:\n%s", file, said)
		}
	}
	for path, want := range map[string]string{
		stateDir:                     "700 ollystack ollystack",
		adminToken:                   "600 ollystack ollystack",
		agentToken:                   "600 ollystack ollystack",
		stateDir + "/fleet.db":       "600 ollystack ollystack",
		settings:                     "640 root ollystack",
		"/etc/ollystack/credentials": "700 root root",
		"/var/backups/ollystack":     "700 ollystack ollystack",
		"/usr/bin/ollystack":         "755 root root",
	} {
		if got := strings.TrimSpace(a.Run(t, "stat --format='%a %U %G' "+path)); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if dirty := a.Try(t, "dpkg --verify ollystack-control-plane"); dirty.Code != 0 || dirty.Output != "" {
		t.Errorf("dpkg --verify: %v, want nothing to differ", dirty)
	}
}

// The command that apt ends with works as it is pasted, but for sudo: this is root.
func checkNextCommand(t *testing.T, a *appliance, said string) {
	command := regexp.MustCompile(`curl .*`).FindString(said)
	if command == "" {
		t.Fatalf("apt does not say what to do next:\n%s", said)
	}
	answer := a.Run(t, strings.ReplaceAll(strings.Replace(command, "curl ", "curl --silent --show-error --fail ", 1), "sudo ", ""))
	if !strings.Contains(answer, `"total":0`) {
		t.Errorf("%s\nanswers %s", command, answer)
	}
}

func checkTokens(t *testing.T, a *appliance) {
	for name, c := range map[string]struct {
		token string
		want  int
	}{
		"none":            {"", http.StatusUnauthorized},
		"another":         {"ost_0123456789", http.StatusUnauthorized},
		"the enrolment's": {strings.TrimSpace(a.Read(t, agentToken)), http.StatusForbidden},
	} {
		var p *problem
		err := call(a.http, c.token, http.MethodGet, "/api/v1/configs", nil, nil)
		if !errors.As(err, &p) || p.Status != c.want {
			t.Errorf("with the token %s: %v, want %d", name, err, c.want)
		}
	}
}

func checkUnit(t *testing.T, a *appliance) {
	for name, want := range map[string]string{
		"Type": "notify", "ActiveState": "active", "SubState": "running", "UnitFileState": "enabled", "User": "ollystack",
	} {
		if got := a.property(t, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if watchdog := a.property(t, "WatchdogUSec"); watchdog == "0" || watchdog == "infinity" {
		t.Errorf("WatchdogUSec = %q, want a time", watchdog)
	}
	if got := property(t, a.Machine, "ollystack-backup.timer", "ActiveState"); got != "active" {
		t.Errorf("the timer of the backups is %s, want active", got)
	}
	if user := strings.TrimSpace(a.Run(t, "ps -o user= -p "+a.property(t, "MainPID"))); user != "ollysta+" && user != "ollystack" {
		t.Errorf("it runs as %q, want ollystack", user)
	}
	verify := a.Try(t, "systemd-analyze verify --man=no "+unit+" ollystack-backup.service ollystack-backup.timer")
	if verify.Code != 0 || verify.Errors != "" {
		t.Errorf("systemd-analyze verify: %v", verify)
	}
}

// exposureLimit is what `systemd-analyze security` may say at most, of 10.
const exposureLimit = 1.5

func checkSandbox(t *testing.T, a *appliance) {
	report := a.Run(t, "systemd-analyze security --no-pager "+unit)
	level := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindStringSubmatch(report)
	if level == nil {
		t.Fatalf("systemd-analyze security says no level:\n%s", report)
	}
	exposure, err := strconv.ParseFloat(level[1], 64)
	if err != nil || exposure > exposureLimit {
		t.Errorf("exposure = %s, want at most %v:\n%s", level[1], exposureLimit, report)
	}
	t.Logf("systemd-analyze security: %s", level[1])

	// What its user can write to, in its own view of the disk: its state, and its own /tmp.
	writable := a.Run(t, "nsenter --mount --target "+a.property(t, "MainPID")+
		" -- setpriv --reuid=ollystack --regid=ollystack --clear-groups "+
		`find / -path /proc -prune -o \( -type d -o -type f \) -writable -print 2>/dev/null || true`)
	for path := range strings.Lines(writable) {
		path = strings.TrimSpace(path)
		if path != stateDir && !strings.HasPrefix(path, stateDir+"/") && path != "/tmp" && path != "/var/tmp" {
			t.Errorf("the service can write to %s", path)
		}
	}
	if !strings.Contains(writable, stateDir+"\n") {
		t.Errorf("the service can write to\n%swhich leaves its state out", writable)
	}
	// Nor does it see what an operator or a program leaves in /tmp.
	a.Run(t, "touch /tmp/somebody-elses")
	if r := a.Try(t, "nsenter --mount --target "+a.property(t, "MainPID")+" -- ls /tmp/somebody-elses"); r.Code == 0 {
		t.Error("the service sees the machine's /tmp")
	}
	if limit := a.number(t, "LimitNOFILE"); limit < 100_000 {
		t.Errorf("LimitNOFILE = %d, which is not enough for 100,000 agents", limit)
	}
}

// entry is a line of the journal. Source: systemd.journal-fields(7).
type entry struct {
	Priority   string `json:"PRIORITY"`
	Identifier string `json:"SYSLOG_IDENTIFIER"`
	Message    string `json:"MESSAGE"`
}

// journal is what the service itself has written since the machine booted.
func (a *appliance) journal(t *testing.T) []entry {
	t.Helper()
	var entries []entry
	lines := bufio.NewScanner(strings.NewReader(a.Run(t, "journalctl --boot --output=json _SYSTEMD_UNIT="+unit)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("journal: %v: %s", err, lines.Bytes())
		}
		entries = append(entries, e)
	}
	return entries
}

func checkJournal(t *testing.T, a *appliance) {
	entries := a.journal(t)
	if len(entries) == 0 {
		t.Fatal("the service has written nothing to the journal")
	}
	for _, e := range entries {
		if e.Priority != "6" && e.Priority != "4" && e.Priority != "5" {
			t.Errorf("priority %q for %q; a start that goes well has information and warnings", e.Priority, e.Message)
		}
		if strings.HasPrefix(e.Message, "<") || strings.HasPrefix(e.Message, "time=") {
			t.Errorf("the journal knows the time and the priority by itself: %q", e.Message)
		}
	}
	for _, secret := range []string{a.token, strings.TrimSpace(a.Read(t, agentToken))} {
		if slices.ContainsFunc(entries, func(e entry) bool { return strings.Contains(e.Message, secret) }) {
			t.Error("a token is in the journal")
		}
	}
}

// What is wrong in the settings stops the start and is told, as an error.
func checkWrongSettings(t *testing.T, a *appliance) {
	good := a.Read(t, settings)
	a.dropIn(t, "RestartSec=1\n")
	a.Run(t, "echo 'lisen: 0.0.0.0:4320' >>"+settings)
	if r := a.Try(t, "systemctl restart "+unit); r.Code == 0 {
		t.Error("systemctl restart succeeds with a setting that does not exist")
	}
	machine.Eventually(t, startTime, "the journal has the error", func() error {
		if !slices.ContainsFunc(a.journal(t), func(e entry) bool { return e.Priority == "3" && strings.Contains(e.Message, "lisen") }) {
			return fmt.Errorf("no error names the setting:\n%s", lastLines(t, a.Machine, unit, 10))
		}
		return nil
	})
	// Corrected, it heals by itself: nobody has to start it.
	a.Run(t, fmt.Sprintf("printf '%%s' '%s' >%s", strings.ReplaceAll(good, "'", `'\''`), settings))
	a.waitServing(t)
}

func checkKilled(t *testing.T, a *appliance) {
	body := quiet("before the end")
	a.store(t, "kept", body)
	before := a.number(t, "NRestarts")
	killed := time.Now()
	a.Run(t, "systemctl kill --kill-who=main --signal=KILL "+unit)
	machine.Eventually(t, startTime, "it restarts", func() error {
		if after := a.number(t, "NRestarts"); after <= before {
			return fmt.Errorf("NRestarts = %d, as before", after)
		}
		return nil
	})
	a.waitServing(t)
	t.Logf("back %v after kill -9 (RestartSec is 1 here)", time.Since(killed).Round(time.Millisecond))
	a.stored(t, "kept", body)
}

// A process that hangs is found out by its watchdog, says where it hung, and is replaced.
func checkHung(t *testing.T, a *appliance) {
	a.dropIn(t, "RestartSec=1\nWatchdogSec=4\n")
	a.Run(t, "systemctl restart "+unit)
	a.waitServing(t)
	hung := a.property(t, "MainPID")
	before := a.number(t, "NRestarts")
	stopped := time.Now()
	a.Run(t, "kill -STOP "+hung)
	machine.Eventually(t, startTime, "the watchdog replaces it", func() error {
		if a.number(t, "NRestarts") <= before {
			return errors.New("it was not restarted")
		}
		return nil
	})
	a.waitServing(t)
	t.Logf("replaced %v after SIGSTOP (WatchdogSec is 4 here)", time.Since(stopped).Round(time.Millisecond))
	said := a.Run(t, "journalctl --boot --output=cat --unit="+unit)
	for _, want := range []string{"Watchdog timeout", "SIGABRT", "goroutine "} {
		if !strings.Contains(said, want) {
			t.Errorf("the journal does not say %q", want)
		}
	}
	a.Run(t, "rm -r /etc/systemd/system/"+unit+".d && systemctl daemon-reload && systemctl restart "+unit)
	a.waitServing(t)
}

func checkPowerCut(t *testing.T, a *appliance) {
	body := quiet("a moment before the power goes")
	a.store(t, "last", body)
	a.PowerOff(t)
	a.PowerOn(t)
	a.waitServing(t)
	a.stored(t, "last", body)
}

// The stack is there to be started, and says what it lacks.
func checkStackWithoutDocker(t *testing.T, a *appliance) {
	const stack = "ollystack-stack.service"
	for name, want := range map[string]string{"UnitFileState": "disabled", "ActiveState": "inactive"} {
		if got := property(t, a.Machine, stack, name); got != want {
			t.Errorf("%s of the stack = %q, want %q", name, got, want)
		}
	}
	a.Run(t, "test -x /usr/lib/ollystack/stack && test -e /usr/share/ollystack/stack/docker-compose.yml")
	if r := a.Try(t, "systemctl start "+stack); r.Code == 0 || !strings.Contains(r.Errors, "docker.service not found") {
		t.Errorf("systemctl start %s without Docker: %v, want to be told that docker.service is not there", stack, r)
	}
	a.waitServing(t)
}
