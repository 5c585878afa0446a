//go:build e2e

package shells

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// agents is how many there are. e2e/browser/fleet names them: edge-us-0001, edge-us-0004, edge-us-0010, gateway-us-0007, ...
const agents = 12

const body = "receivers:\n  otlp:\n    protocols:\n      grpc:\nexporters:\n  debug:\nservice:\n  pipelines:\n    traces:\n      receivers: [otlp]\n      exporters: [debug]\n"

// serve starts a server with agents and configurations, and returns its URL.
func serve(t *testing.T, bin string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "ollystack"), "serve", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(t.TempDir(), "data"))
	cmd.Env = append(os.Environ(), "OLLYSTACK_CONFIG="+os.DevNull)
	lines := background(t, cmd)
	at := ""
	for ready := regexp.MustCompile(`http://127\.0\.0\.1:\d+`); at == ""; {
		at = ready.FindString(next(t, lines, "where the server is"))
	}
	fleet := filepath.Join(t.TempDir(), "fleet")
	if out, err := exec.Command("go", "build", "-o", fleet, "../browser/fleet").CombinedOutput(); err != nil {
		t.Fatalf("build the agents: %v\n%s", err, out)
	}
	play := exec.Command(fleet, "ws"+strings.TrimPrefix(at, "http")+"/v1/opamp")
	orders, err := play.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answers := background(t, play)
	if _, err := io.WriteString(orders, fmt.Sprintf(`{"do":"connect","count":%d}`+"\n", agents)); err != nil {
		t.Fatal(err)
	}
	if got := next(t, answers, "that the agents are connected"); got != "{}" {
		t.Fatalf("the agents are not connected: %s", got)
	}
	return at
}

// background starts a process that ends with the test, and returns the lines of its standard output.
func background(t *testing.T, cmd *exec.Cmd) <-chan string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, ended := make(chan string, 100), make(chan struct{})
	go func() {
		defer close(ended)
		for read := bufio.NewScanner(out); read.Scan(); {
			select {
			case lines <- read.Text():
			default: // nobody asks for so many
			}
		}
		_ = cmd.Wait() // it was killed
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // maybe gone already
		<-ended
	})
	return lines
}

func next(t *testing.T, lines <-chan string, what string) string {
	t.Helper()
	select {
	case line := <-lines:
		return line
	case <-time.After(patience):
		t.Fatalf("after %v nothing says %s", patience, what)
		return ""
	}
}

// run runs the command to its end.
func run(t *testing.T, bin string, environ []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "ollystack"), args...)
	cmd.Env = environ
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ollystack %v = %v, %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}
