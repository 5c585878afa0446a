//go:build e2e

package shells

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait.
const patience = 30 * time.Second

// terminal is a program on a terminal of 80 columns and 24 rows. tmux plays it: what is read is what a person would see.
type terminal struct {
	t    *testing.T
	dir  string // of tmux's socket
	pane []string
}

// start runs a command on a terminal, in a folder, with nothing in its environment but what is given.
func start(t *testing.T, folder string, environ []string, command ...string) *terminal {
	t.Helper()
	x := &terminal{t: t, dir: t.TempDir(), pane: []string{"-t", "shell"}}
	args := append([]string{"-f", os.DevNull, "new-session", "-d", "-s", "shell", "-x", "80", "-y", "24", "-c", folder, "env", "-i"}, environ...)
	x.tmux(append(args, command...)...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%v shows\n%s", command, x.screen())
		}
		x.tmux("kill-server")
	})
	return x
}

func (x *terminal) tmux(args ...string) string {
	x.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", filepath.Join(x.dir, "socket")}, args...)...)
	cmd.Env = append(os.Environ(), "TERM=xterm")
	out, err := cmd.CombinedOutput()
	if err != nil {
		x.t.Errorf("tmux %v = %v, %s", args, err, out)
	}
	return string(out)
}

// types presses the keys of a text, one after the other.
func (x *terminal) types(text string) {
	x.t.Helper()
	x.tmux(append([]string{"send-keys"}, append(x.pane, "-l", text)...)...)
}

// press presses one key that is no letter: Tab, Enter, C-c.
func (x *terminal) press(key string) {
	x.t.Helper()
	x.tmux(append([]string{"send-keys"}, append(x.pane, key)...)...)
}

// screen is what is to be seen, without the blanks at its end.
func (x *terminal) screen() string {
	x.t.Helper()
	return strings.TrimRight(x.tmux(append([]string{"capture-pane", "-p"}, x.pane...)...), " \n")
}

// until waits until the screen is as it should be, and returns how long that took.
func (x *terminal) until(what string, seen func(screen string) bool) time.Duration {
	x.t.Helper()
	begun := time.Now()
	for !seen(x.screen()) {
		if time.Since(begun) > patience {
			x.t.Fatalf("after %v the screen is\n%s\nwant %s", patience, x.screen(), what)
		}
		<-time.After(20 * time.Millisecond)
	}
	return time.Since(begun)
}
