//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the path of a program that make leaves in bin/.
func binary(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "bin", name))
	if err != nil {
		t.Fatalf("find bin/%s: %v", name, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("bin/%s is not built; run the end-to-end tests with: make test", name)
	}
	return path
}

// process is a program that runs in a process group of its own, its output in a
// file. It does not outlive the test.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string        // the file that takes stdout and stderr; grows over restarts
	done chan struct{} // closed when the process has ended
}

// startProcess starts name with what surrounds it: env is added to an environment
// without the settings of whoever runs the tests.
func startProcess(t *testing.T, name, log string, env []string, path string, args ...string) *process {
	t.Helper()
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatalf("log of %s: %v", name, err)
	}
	defer out.Close()
	p := &process{name: name, cmd: exec.Command(path, args...), log: log, done: make(chan struct{})}
	p.cmd.Env = append(cleanEnvironment(), env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // the state is read from cmd.ProcessState
	}()
	t.Cleanup(func() {
		p.killGroup()
		if t.Failed() {
			t.Logf("the last lines of %s:\n%s", name, tail(log, 40))
		}
	})
	return p
}

func cleanEnvironment() []string {
	var kept []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "OLLYSTACK_") || name == "HTTP_PORT" || name == "REDIS_URL" {
			continue
		}
		kept = append(kept, kv)
	}
	return kept
}

// stop sends sig and waits for the end. The exit code is -1 where a signal ended it.
func (p *process) stop(t *testing.T, sig syscall.Signal, within time.Duration) int {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("send %v to %s: %v", sig, p.name, err)
	}
	select {
	case <-p.done:
	case <-time.After(within):
		t.Fatalf("%s still runs %v after %v", p.name, within, sig)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// killGroup ends what is left of the process and of what it started.
func (p *process) killGroup() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // gone already is as good
	<-p.done
}

// children lists the direct children of the process. Source: proc(5), stat.
func (p *process) children(t *testing.T) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatalf("read /proc: %v", err)
	}
	var pids []int
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		// "pid (name) state ppid ...", where the name may hold anything.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if fields[1] == strconv.Itoa(p.cmd.Process.Pid) && fields[0] != "Z" {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil {
				t.Fatalf("pid of %s: %v", path, err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

// contains complains until text is in the file.
func contains(file, text string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !bytes.Contains(content, []byte(text)) {
		return fmt.Errorf("%s has no %q", filepath.Base(file), text)
	}
	return nil
}

func tail(file string, lines int) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// eventually polls until check is content, and fails with its last complaint when
// it is not within the time given.
func eventually(t *testing.T, within time.Duration, what string, check func() error) {
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

// ports hands out ports that nobody listens on. They lie below the range from
// which the kernel takes the local ports of outgoing connections, so that they are
// still free when a server comes back to them.
type ports struct {
	mu   sync.Mutex
	next int
}

var loopback = ports{next: 20000 + os.Getpid()%9000}

func freePort(t *testing.T) int {
	t.Helper()
	loopback.mu.Lock()
	defer loopback.mu.Unlock()
	for range 1000 {
		loopback.next++
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", loopback.next))
		if err != nil {
			continue
		}
		l.Close()
		return loopback.next
	}
	t.Fatal("no free port")
	return 0
}
