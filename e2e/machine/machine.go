//go:build appliance

package machine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Options is what a test wants different about a machine.
type Options struct {
	Packages []string // Debian packages beside the base; each set is a root of its own
	Args     []string // further arguments for systemd-nspawn
}

// Machine is a booted Debian.
type Machine struct {
	Name string // also its host name

	root   root
	args   []string
	nspawn *exec.Cmd
	ended  chan struct{} // closed when nspawn has ended
	leader int           // the machine's PID 1, as this machine counts
	log    string        // what nspawn says
}

// machines makes names unique within a test binary; the process id does between them.
var machines atomic.Int32

// Boot boots a machine and waits until it runs. It ends with the test; a test that
// failed shows the end of the machine's journal.
func Boot(t *testing.T, o Options) *Machine {
	t.Helper()
	m := &Machine{
		Name: fmt.Sprintf("olly-%d-%d", os.Getpid(), machines.Add(1)),
		root: newRoot(t, o.Packages),
		args: o.Args,
		log:  filepath.Join(t.TempDir(), "nspawn.log"),
	}
	t.Cleanup(m.kill)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the journal of %s:\n%s", m.Name, m.journalEnd())
		}
	})
	m.boot(t)
	return m
}

// Reboot shuts the machine down in order and boots it again.
func (m *Machine) Reboot(t *testing.T) {
	t.Helper()
	// nspawn passes it on: PID 1 stops every unit, and nspawn ends when it has.
	if err := m.nspawn.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("shut %s down: %v", m.Name, err)
	}
	select {
	case <-m.ended:
	case <-time.After(2 * time.Minute):
		t.Fatalf("%s is not down two minutes after it was told to; its units hang:\n%s",
			m.Name, m.Try(t, "systemctl list-jobs --no-pager"))
	}
	m.boot(t)
}

// PowerOff takes the power away: nothing is stopped, flushed or told. Boot it again
// with PowerOn.
func (m *Machine) PowerOff(t *testing.T) {
	t.Helper()
	m.kill()
}

// PowerOn boots a machine that is off.
func (m *Machine) PowerOn(t *testing.T) {
	t.Helper()
	m.boot(t)
}

func (m *Machine) boot(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatalf("log of %s: %v", m.Name, err)
	}
	defer log.Close()
	args := append([]string{
		"systemd-nspawn", "--quiet", "--boot", "--directory=" + m.root.merged, "--machine=" + m.Name,
		"--private-network", "--register=no", "--resolv-conf=off", "--console=pipe",
	}, m.args...)
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		args = append(args, "--keep-unit") // no systemd here that could make it a scope
	}
	// Not the test's context: that ends before the journal of a failed test is read.
	m.nspawn = m.root.command(context.Background(), args...)
	m.nspawn.Stdout, m.nspawn.Stderr = log, log
	m.nspawn.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := m.nspawn.Start(); err != nil {
		t.Fatalf("start systemd-nspawn: %v", err)
	}
	ended := make(chan struct{})
	m.ended = ended
	go func() {
		defer close(ended)
		_ = m.nspawn.Wait() // that it ended is all that is asked for
	}()
	Eventually(t, 30*time.Second, m.Name+" has a PID 1", func() error {
		if !m.running() {
			t.Fatalf("systemd-nspawn has ended:\n%s", m.readLog())
		}
		m.leader, err = leaderOf(m.nspawn.Process.Pid)
		return err
	})
	m.waitBooted(t)
}

// waitBooted waits until every unit of the boot is up; one that failed is a fault.
func (m *Machine) waitBooted(t *testing.T) {
	t.Helper()
	Eventually(t, 2*time.Minute, m.Name+" is up", func() error {
		if !m.running() {
			t.Fatalf("systemd-nspawn has ended:\n%s", m.readLog())
		}
		state := strings.TrimSpace(m.Try(t, "systemctl is-system-running").Output)
		switch state {
		case "running":
			return nil
		case "degraded":
			t.Fatalf("%s is up, but not well:\n%s", m.Name, m.Try(t, "systemctl --failed --no-pager --full"))
		}
		return fmt.Errorf("its state is %q", state)
	})
}

// kill ends the machine by its PID 1, which takes every process in it along.
func (m *Machine) kill() {
	if m.nspawn == nil {
		return
	}
	if m.leader > 0 && m.running() {
		_ = syscall.Kill(m.leader, syscall.SIGKILL) // gone already is as good
	}
	select {
	case <-m.ended:
	case <-time.After(20 * time.Second):
		_ = m.nspawn.Process.Kill()
		<-m.ended
	}
}

// Leader is the process id of the machine's PID 1, as this machine counts: what
// nsenter(1) enters.
func (m *Machine) Leader() string { return strconv.Itoa(m.leader) }

func (m *Machine) running() bool {
	select {
	case <-m.ended:
		return false
	default:
		return true
	}
}

// leaderOf finds the PID 1 that a systemd-nspawn has started: of its children the one
// that is number 1 in a namespace of its own. Source: proc(5).
func leaderOf(nspawn int) (int, error) {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", nspawn, nspawn))
	if err != nil {
		return 0, err
	}
	for _, child := range strings.Fields(string(children)) {
		status, err := os.ReadFile("/proc/" + child + "/status")
		if err != nil {
			continue // it has ended meanwhile
		}
		for line := range bytes.Lines(status) {
			if f := strings.Fields(string(line)); len(f) > 2 && f[0] == "NSpid:" && f[len(f)-1] == "1" {
				return strconv.Atoi(child)
			}
		}
	}
	return 0, fmt.Errorf("systemd-nspawn (%d) has no PID 1 yet", nspawn)
}

// environment is what a login on the machine's console would have.
var environment = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root",
	"LANG=C.UTF-8", "TERM=dumb", "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0",
}

// commandTime is how long one command may take.
const commandTime = 5 * time.Minute

// Try runs a shell script as root on the machine.
func (m *Machine) Try(t *testing.T, script string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "nsenter", "--target", m.Leader(),
		"--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd", "--", "/bin/sh", "-c", script)
	cmd.Env = environment
	result, err := finish(cmd)
	if err != nil {
		t.Fatalf("%s: %s: %v", m.Name, script, err)
	}
	return result
}

// Run is Try for what must succeed; it returns the standard output.
func (m *Machine) Run(t *testing.T, script string) string {
	t.Helper()
	result := m.Try(t, script)
	if result.Code != 0 {
		t.Fatalf("%s: %s: %v", m.Name, script, result)
	}
	return result.Output
}

// Path is where this machine sees a file of the booted one.
func (m *Machine) Path(inside string) string {
	return filepath.Join("/proc", strconv.Itoa(m.leader), "root", inside)
}

// CopyIn copies a file of this machine to the booted one, with its permissions.
func (m *Machine) CopyIn(t *testing.T, from, inside string) {
	t.Helper()
	if err := copyFile(from, m.Path(inside)); err != nil {
		t.Fatalf("copy %s to %s: %v", from, m.Name, err)
	}
}

// Write writes a file of the booted machine, its directory too where it is missing.
func (m *Machine) Write(t *testing.T, inside, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.Path(inside)), 0o755); err != nil {
		t.Fatalf("write %s on %s: %v", inside, m.Name, err)
	}
	if err := os.WriteFile(m.Path(inside), []byte(content), 0o644); err != nil {
		t.Fatalf("write %s on %s: %v", inside, m.Name, err)
	}
}

// Read reads a file of the booted machine.
func (m *Machine) Read(t *testing.T, inside string) string {
	t.Helper()
	content, err := os.ReadFile(m.Path(inside))
	if err != nil {
		t.Fatalf("read on %s: %v", m.Name, err)
	}
	return string(content)
}

func (m *Machine) journalEnd() string {
	if !m.running() {
		return "it is off; systemd-nspawn said:\n" + m.readLog()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "nsenter", "--target", m.Leader(), "--mount", "--pid", "--root", "--",
		"/bin/journalctl", "--no-pager", "--boot", "--lines=120").CombinedOutput()
	if err != nil {
		return fmt.Sprintf("journalctl: %v\n%s", err, out)
	}
	return string(out)
}

func (m *Machine) readLog() string {
	content, err := os.ReadFile(m.log)
	if err != nil {
		return err.Error()
	}
	return lastLines(content, 40)
}

// Eventually polls until check is content, and fails with its last complaint when it
// is not within the time given.
func Eventually(t *testing.T, within time.Duration, what string, check func() error) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ticks.C:
		case <-deadline.C:
			t.Fatalf("%s: not within %v: %v", what, within, err)
		}
	}
}
