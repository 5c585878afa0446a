//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// server is the built server on a port and a data directory that it keeps when it
// is started again.
type server struct {
	*client
	process *process
	dir     string // holds data/, server.log and the settings file
	address string
	env     []string
	binary  string
}

// serverOptions is what tests want different about a server.
type serverOptions struct {
	Binary   string       // in bin/; by default the one with the race detector
	Settings string       // lines for the settings file
	Env      []string     // NAME=value
	HTTP     *http.Client // speaks TLS to the server, which has it; plain HTTP when nil
}

// startServer starts a server and waits until it is ready.
func startServer(t *testing.T, o serverOptions) *server {
	t.Helper()
	if o.Binary == "" {
		o.Binary = "ollystack-race"
	}
	s := &server{
		dir:     t.TempDir(),
		address: fmt.Sprintf("127.0.0.1:%d", freePort(t)),
		// A race is reported in the log; this makes it an exit code too.
		env:    append([]string{"GORACE=halt_on_error=1 exitcode=66"}, o.Env...),
		binary: binary(t, o.Binary),
	}
	s.client = &client{base: "http://" + s.address, http: httpClient}
	if o.HTTP != nil {
		s.client = &client{base: "https://" + s.address, http: o.HTTP}
	}
	settings := fmt.Sprintf("listen: %s\ndata_dir: %s\n%s\n", s.address, s.dataDir(), o.Settings)
	if err := os.WriteFile(s.settingsFile(), []byte(settings), 0o600); err != nil {
		t.Fatalf("write settings: %v", err)
	}
	s.start(t)
	return s
}

func (s *server) dataDir() string      { return filepath.Join(s.dir, "data") }
func (s *server) settingsFile() string { return filepath.Join(s.dir, "ollystack.yaml") }

// start starts the server, for the first time or again, and waits until it is ready.
func (s *server) start(t *testing.T) {
	t.Helper()
	s.process = startProcess(t, "ollystack", filepath.Join(s.dir, "server.log"), s.env,
		s.binary, "serve", "--config", s.settingsFile())
	eventually(t, 20*time.Second, "server ready", func() error {
		if !s.process.running() {
			t.Fatalf("ollystack serve ended with code %d:\n%s",
				s.process.cmd.ProcessState.ExitCode(), tail(s.process.log, 20))
		}
		_, err := s.health()
		return err
	})
}

// stop asks the server to end and checks that it ends well.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if code := s.process.stop(t, syscall.SIGTERM, 20*time.Second); code != 0 {
		t.Fatalf("ollystack serve ended with code %d after SIGTERM, want 0:\n%s", code, tail(s.process.log, 20))
	}
}

// kill ends the server without a chance to tidy up.
func (s *server) kill(t *testing.T) {
	t.Helper()
	s.process.stop(t, syscall.SIGKILL, 10*time.Second)
}
