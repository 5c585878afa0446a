//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a command on a terminal of its own, at which a person sits.
type terminal struct {
	person *os.File
	screen growing // all that was written to it
	read   int     // as far as it was waited for
	ended  chan struct{}
	cmd    *exec.Cmd
}

// onTerminal starts the program on a terminal of 80 columns and 24 rows.
func onTerminal(t *testing.T, environ []string, args ...string) *terminal {
	t.Helper()
	person, side := openTerminal(t)
	x := &terminal{person: person, ended: make(chan struct{}), cmd: exec.Command(os.Args[0], args...)}
	x.cmd.Env = append(append(cleanEnvironment(), runAsProgram+"=1", noSettingsFile, noCredentials, "TERM=xterm", "HOME="+t.TempDir()), environ...)
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = side, side, side
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	side.Close()
	go func() {
		defer close(x.ended)
		piece := make([]byte, 4096)
		for { // ends with EIO when the last process that has the terminal is gone
			n, err := person.Read(piece)
			_, _ = x.screen.Write(piece[:n]) // never fails
			if err != nil {
				break
			}
		}
		_ = x.cmd.Wait() // the state is read from cmd.ProcessState
	}()
	t.Cleanup(func() {
		_ = x.cmd.Process.Kill() // mostly gone already
		<-x.ended
		person.Close()
		if t.Failed() {
			t.Logf("ollystack %v on its terminal:\n%s", args, &x.screen)
		}
	})
	return x
}

// openTerminal makes a terminal (pty(7)): the end of the person, and that of the program.
func openTerminal(t *testing.T) (person, side *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(person.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	err = errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0),
		unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}))
	if err != nil {
		t.Fatal(err)
	}
	side, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return person, side
}

// shows waits until text is written after what was waited for before.
func (x *terminal) shows(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		all := x.screen.String()
		if at := strings.Index(all[x.read:], text); at >= 0 {
			x.read += at + len(text)
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v the terminal shows\n%s\nwant %q", patience, all[x.read:], text)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (x *terminal) types(t *testing.T, keys string) {
	t.Helper()
	if _, err := x.person.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// ends waits for the end.
func (x *terminal) ends(t *testing.T, code int) {
	t.Helper()
	select {
	case <-x.ended:
		if got := x.cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("exit code %d, want %d", got, code)
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
}

const (
	enter     = "\r"
	interrupt = "\x03" // Ctrl-C
	unasked   = "[y/N]"
)
