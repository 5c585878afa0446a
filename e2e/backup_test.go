//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRestored: a backup of a server under load, which is then killed, starts a
// server with data of its own that has the fleet; its agent comes back and is sent nothing.
func TestRestored(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{})
	port := freePort(t)
	sv := startSupervisor(t, s, "edge-1", supervisorOptions{})
	s.joins(t, sv)
	s.createConfig(t, "running", receiving(port), "env=e2e")
	before := s.applied(t, "edge-1", "running", 1)
	receives(t, port)
	collector := sv.collector(t)

	backup := filepath.Join(t.TempDir(), "fleet.db")
	load := startLoad(t, s)
	load.await(t, 30)
	known := load.answered()
	output, code := runOllystack(t, "backup", backup, "--server", s.base)
	if code != 0 || !strings.Contains(output, "1 agent, ") {
		t.Fatalf("ollystack backup = code %d, %s; want 0 and one agent", code, output)
	}
	load.await(t, load.count()+10)
	s.kill(t)
	load.stop()

	// Another machine, as far as the data goes; the address is what the agent knows.
	dir := filepath.Join(t.TempDir(), "restored")
	output, code = runOllystack(t, "restore", backup, "--data-dir", dir)
	if code != 0 || strings.Contains(output, "before") {
		t.Fatalf("ollystack restore = code %d, %s; want 0 and nothing kept", code, output)
	}
	settings := fmt.Sprintf("listen: %s\ndata_dir: %s\n", s.address, dir)
	if err := os.WriteFile(s.settingsFile(), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	checkWritten(t, s, known)
	a := s.waitAgent(t, "edge-1", 60*time.Second, "is back", func(a agent) bool {
		return a.Connected && a.Status == "healthy" && a.ConnectedAt.After(before.ConnectedAt)
	})
	if a.ID != before.ID || a.Config.Status != "applied" || a.Config.ConfigID != before.Config.ConfigID || a.Effective.Hash != before.Effective.Hash {
		t.Errorf("edge-1 after the restore = %s, config %+v, effective %s; want %s, %+v, %s",
			a.ID, a.Config, a.Effective.Hash, before.ID, before.Config, before.Effective.Hash)
	}
	// Something else goes to it, and arrives after whatever an offer would have sent.
	if got := sv.collector(t); got != collector {
		t.Errorf("the collector is pid %d, want %d: it had nothing to restart for", got, collector)
	}
	s.must(t, http.StatusAccepted, http.MethodPost, "/api/v1/agents/edge-1/restart", nil, nil)
	eventually(t, 30*time.Second, "another collector process", func() error {
		if got := sv.collector(t); got == collector {
			return fmt.Errorf("it is still %d", got)
		}
		return nil
	})
	if got := s.metric(t, "opamp_config_updates_total"); got != 0 {
		t.Errorf("opamp_config_updates_total of the restored server = %v, want 0", got)
	}
	s.stop(t)
	if output, code := runOllystack(t, "store", "check", "--data-dir", dir); code != 0 || !strings.Contains(output, "checked") {
		t.Errorf("ollystack store check = code %d, %s; want 0", code, output)
	}
}

// load is writers that go on until the server is gone.
type load struct {
	mu      sync.Mutex
	written map[string]int // answered: name of a configuration -> its newest version
	total   int
	writers sync.WaitGroup
}

func startLoad(t *testing.T, s *server) *load {
	t.Helper()
	l := &load{written: map[string]int{}}
	for writer := range 4 {
		l.writers.Go(func() {
			for n := 1; ; n++ {
				name := fmt.Sprintf("load-%d-%d", writer, n)
				if _, err := s.call(http.MethodPost, "/api/v1/configs", map[string]any{"name": name, "config": writtenBody(name, 1)}, nil); err != nil {
					return
				}
				l.mu.Lock()
				l.written[name] = 1
				l.total++
				l.mu.Unlock()
			}
		})
	}
	return l
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// answered is what has been answered until now.
func (l *load) answered() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.written)
}

func (l *load) await(t *testing.T, enough int) {
	t.Helper()
	eventually(t, 60*time.Second, fmt.Sprintf("%d writes", enough), func() error {
		if n := l.count(); n < enough {
			return fmt.Errorf("%d were answered", n)
		}
		return nil
	})
}

// stop waits for the writers, which end with the server.
func (l *load) stop() { l.writers.Wait() }
