//go:build appliance

package examples

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// root is the repository's root, as seen from this package.
func root(t *testing.T, parts ...string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(append([]string{"..", ".."}, parts...)...))
	if err != nil {
		t.Fatalf("find %v: %v", parts, err)
	}
	return path
}

// process is a program that does not outlive the test.
type process struct {
	name   string
	cmd    *exec.Cmd
	output *buffer
	done   chan struct{} // closed when it has ended
}

// buffer is output that may be read while it is written.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start runs a program in dir. Its environment is that of the tests without any
// OTEL_ variable, and env.
func start(t *testing.T, dir string, env []string, path string, args ...string) *process {
	t.Helper()
	p := &process{name: filepath.Base(path), cmd: exec.Command(path, args...), output: &buffer{}, done: make(chan struct{})}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "OTEL_") && !strings.HasPrefix(kv, "NODE_OPTIONS=") {
			p.cmd.Env = append(p.cmd.Env, kv)
		}
	}
	p.cmd.Dir = dir
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", p.name, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // the state is read from cmd.ProcessState
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // gone already is as good
		<-p.done
		if t.Failed() {
			t.Logf("what %s said:\n%s", p.name, p.output)
		}
	})
	return p
}

// stop asks the program to end, and wants it to end well.
func (p *process) stop(t *testing.T, within time.Duration) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("send SIGTERM to %s: %v", p.name, err)
	}
	select {
	case <-p.done:
	case <-time.After(within):
		t.Fatalf("%s still runs %v after SIGTERM", p.name, within)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("%s ended with code %d after SIGTERM, want 0", p.name, code)
	}
}

// command runs a program to its end and returns what it printed.
func command(t *testing.T, dir, path string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

// freeAddress is an address of the loopback interface on which nobody listens, below
// the range from which the kernel takes ports by itself.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		nextPort++
		address := fmt.Sprintf("127.0.0.1:%d", nextPort)
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		l.Close()
		return address
	}
	t.Fatal("no free port")
	return ""
}

var nextPort = 10000 + os.Getpid()%9000 // the tests run one after another

// buildGo builds an example in Go.
func buildGo(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	command(t, root(t, "examples", name), "go", "build", "-buildvcs=false", "-o", path, ".")
	return path
}

// nodeExample is the Node.js example with its packages installed by npm ci. It is
// kept outside of the checkout for the next run, under the hash of what it was made of.
func nodeExample(t *testing.T) string {
	t.Helper()
	sum := sha256.New()
	files := map[string][]byte{}
	for _, name := range []string{"package-lock.json", "package.json", "server.js"} {
		content, err := os.ReadFile(root(t, "examples", "nodejs-auto", name))
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(content)
		files[name] = content
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(cache, "ollystack-e2e")
	ready := filepath.Join(home, "nodejs-auto-"+hex.EncodeToString(sum.Sum(nil))[:16])
	if _, err := os.Stat(ready); err == nil {
		return ready
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	half, err := os.MkdirTemp(home, "nodejs-auto-half-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(half) }() // what is left over does no harm
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(half, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command(t, half, "npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund")
	if err := os.Rename(half, ready); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatalf("keep what npm installed: %v", err)
	}
	return ready
}
