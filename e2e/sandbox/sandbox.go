//go:build linux

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

const (
	stageVariable = "OLLYSTACK_E2E_STAGE"
	dirVariable   = "OLLYSTACK_E2E_DIR"
	stageInit     = "init"
	stageTests    = "tests"
)

// Run is what TestMain exits with:
//
//	func TestMain(m *testing.M) { os.Exit(sandbox.Run(m.Run)) }
//
// The test's program starts itself twice: as the first process of new namespaces, which
// prepares them and collects what is orphaned in them, and as the tests proper.
func Run(tests func() int) int {
	code, err := runStage(tests)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		return 1
	}
	return code
}

func runStage(tests func() int) (int, error) {
	switch os.Getenv(stageVariable) {
	case stageInit:
		if err := prepare(os.Getenv(dirVariable)); err != nil {
			return 0, err
		}
		return reap()
	case stageTests:
		return tests(), nil
	default:
		return enter()
	}
}

// Dir is a folder on disk for this run, removed after it.
func Dir() string { return os.Getenv(dirVariable) }

func enter() (int, error) {
	if os.Geteuid() != 0 {
		return 0, errors.New("these tests start a Docker Engine and need root")
	}
	dir, err := os.MkdirTemp("", "ollystack-e2e-")
	if err != nil {
		return 0, err
	}
	// The kernel kills the namespaces' first process, and so everything in them, with the
	// thread that started it: this thread must stay.
	runtime.LockOSThread()
	self := again(stageInit)
	self.Env = append(self.Env, dirVariable+"="+dir)
	self.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
	}
	err = self.Run()
	return exitCode(self, err), errors.Join(removeCgroups(cgroupParent(dir)), os.RemoveAll(dir))
}

func again(stage string) *exec.Cmd {
	self := exec.CommandContext(context.Background(), "/proc/self/exe", os.Args[1:]...)
	self.Stdin, self.Stdout, self.Stderr = os.Stdin, os.Stdout, os.Stderr
	self.Env = append(os.Environ(), stageVariable+"="+stage)
	return self
}

func exitCode(command *exec.Cmd, err error) int {
	switch {
	case err == nil:
		return 0
	case command.ProcessState != nil && command.ProcessState.ExitCode() > 0:
		return command.ProcessState.ExitCode()
	default:
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		return 1
	}
}

// prepare makes the new namespaces a machine: loopback is up, /proc is theirs, and what the
// Docker Engine writes at its usual places goes into this run's folder.
func prepare(dir string) error {
	// First nothing may reach the machine's own mounts; then they are shared in here, as on a
	// machine that was booted.
	for _, propagation := range []uintptr{syscall.MS_PRIVATE, syscall.MS_SHARED} {
		if err := syscall.Mount("", "/", "", syscall.MS_REC|propagation, ""); err != nil {
			return fmt.Errorf("make the mounts our own: %w", err)
		}
	}
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := syscall.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	data := filepath.Join(dir, "docker")
	for _, path := range []string{data, "/var/lib/docker"} {
		if err := os.MkdirAll(path, 0o711); err != nil {
			return err
		}
	}
	if err := syscall.Mount(data, "/var/lib/docker", "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount /var/lib/docker: %w", err)
	}
	if output, err := exec.CommandContext(context.Background(), "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("loopback: %w: %s", err, output)
	}
	return nil
}

// reap starts the tests and, as the first process must, waits for every process that is
// left to it.
func reap() (int, error) {
	self := again(stageTests)
	if err := self.Start(); err != nil {
		return 0, err
	}
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, fmt.Errorf("wait: %w", err)
		case pid == self.Process.Pid && status.Exited():
			return status.ExitStatus(), nil
		case pid == self.Process.Pid:
			return 0, fmt.Errorf("the tests ended with signal %v", status.Signal())
		}
	}
}
