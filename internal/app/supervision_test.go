package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// superior is a service manager's end of the socket: a real one, of datagrams.
type superior struct {
	path     string
	messages chan []string // each as its lines
}

func newSuperior(t *testing.T) *superior {
	t.Helper()
	s := &superior{path: filepath.Join(t.TempDir(), "notify"), messages: make(chan []string, 1000)}
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: s.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64<<10)
		for {
			n, err := socket.Read(buf)
			if err != nil {
				return
			}
			s.messages <- strings.Split(string(buf[:n]), "\n")
		}
	}()
	t.Cleanup(func() {
		socket.Close()
		<-done
	})
	return s
}

func (s *superior) notify(message string) error {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.path, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte(message))
	return err
}

// await returns the messages up to the first with a line that begins with prefix, that one the last.
func (s *superior) await(t *testing.T, prefix string) [][]string {
	t.Helper()
	deadline := time.After(patience)
	var seen [][]string
	for {
		select {
		case m := <-s.messages:
			seen = append(seen, m)
			if slices.ContainsFunc(m, func(line string) bool { return strings.HasPrefix(line, prefix) }) {
				return seen
			}
		case <-deadline:
			t.Fatalf("no message %q within %v, only %q", prefix, patience, seen)
		}
	}
}

func told(messages [][]string, line string) bool {
	return slices.ContainsFunc(messages, func(m []string) bool { return slices.Contains(m, line) })
}

// TestSupervision: a whole server tells what it does, from the start to the end.
func TestSupervision(t *testing.T) {
	t.Parallel()
	for _, useTLS := range []bool{false, true} {
		s := testSettings(t)
		if useTLS {
			s.TLS = tlsFiles(t)
			cert, key := pair(t, 1)
			writePair(t, s.TLS, cert, key)
		}
		above := newSuperior(t)
		srv := startWith(t, Options{Settings: s, Supervision: Supervision{Notify: above.notify, Watchdog: 300 * time.Millisecond}})
		if early := above.await(t, "READY=1"); !told(early[:len(early)-1], "STATUS=Opening the store in "+s.DataDir) {
			t.Errorf("told before READY = %q, want what it is doing", early)
		}
		above.await(t, "WATCHDOG=1") // the first came with READY
		if err := srv.stop(); err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		last := above.await(t, "STOPPING=1")
		if !told(last, "EXTEND_TIMEOUT_USEC=30000000") {
			t.Errorf("told at the end = %q, want 30 s for a shutdown_timeout of 15 s", last)
		}
	}
}

// TestSupervisionStartFails: why it ended stands in the status, in one line, and ready it never was.
func TestSupervisionStartFails(t *testing.T) {
	t.Parallel()
	running := start(t, testSettings(t))
	s := testSettings(t)
	s.Listen = running.address
	above := newSuperior(t)
	if err := Run(t.Context(), Options{Settings: s, Supervision: Supervision{Notify: above.notify}}); err == nil {
		t.Fatal("Run on a port that is taken = nil")
	}
	seen := above.await(t, "STATUS=Ended: ")
	if told(seen, "READY=1") || !strings.Contains(seen[len(seen)-1][0], "another ollystack") {
		t.Errorf("told of a start that failed = %q, want the reason and no READY", seen)
	}
}

// wedgeable is a server whose disk is full, and which can be made to hang.
type wedgeable struct {
	server         *httptest.Server
	handler, fleet sync.Mutex
	other          atomic.Bool // it answers as something else
}

func newWedgeable(t *testing.T) *wedgeable {
	t.Helper()
	w := &wedgeable{}
	w.server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		w.handler.Lock()
		defer w.handler.Unlock()
		rw.WriteHeader(http.StatusServiceUnavailable)
		if !w.other.Load() {
			fmt.Fprint(rw, `{"status":"failed"}`)
		}
	}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *wedgeable) count() fleet.FleetStatus {
	w.fleet.Lock()
	defer w.fleet.Unlock()
	return fleet.FleetStatus{Total: 9, Connected: 7, ByStatus: map[fleet.AgentStatus]int{fleet.StatusUnhealthy: 1}}
}

// TestWatchdogStarves: a port that does not answer, one that answers something
// else and a fleet that does not answer are no signs of life; when they do again, they are.
// A server that cannot write is alive.
func TestWatchdogStarves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		wedge  func(*wedgeable) (heal func())
		status string // what is told of it
	}{
		{"the handler hangs", func(w *wedgeable) func() { w.handler.Lock(); return w.handler.Unlock }, "STATUS=The self-check failed: ask the own port: "},
		{"the fleet hangs", func(w *wedgeable) func() { w.fleet.Lock(); return w.fleet.Unlock }, "STATUS=The self-check failed: the fleet does not answer"},
		{"it is something else", func(w *wedgeable) func() { w.other.Store(true); return func() { w.other.Store(false) } }, "STATUS=The self-check failed: the own port answers 503 Service Unavailable, and not as a control plane does"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWedgeable(t)
			above := newSuperior(t)
			log := &buffer{}
			watched := &supervised{
				Supervision: Supervision{Notify: above.notify, Watchdog: 300 * time.Millisecond},
				log:         slog.New(slog.NewTextHandler(log, nil)),
			}
			watched.watch(newSelfCheck(w.server.Listener.Addr(), true, w.count).run)
			defer watched.stopping(0)
			ready := above.await(t, "READY=1")
			if last := ready[len(ready)-1]; !slices.ContainsFunc(last, func(line string) bool {
				return strings.Contains(line, "7 of 9 agents connected, 1 unhealthy; health: failed")
			}) {
				t.Errorf("told with READY = %q, want the status", last)
			}
			above.await(t, "WATCHDOG=1")

			heal := c.wedge(w)
			above.await(t, c.status)
			for deadline := time.Now().Add(patience); strings.Count(log.String(), "the self-check failed") < 5; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatalf("no five failed self-checks within %v:\n%s", patience, log)
				}
			}
			heal()
			starved := above.await(t, "STATUS=Serving on ")
			if told(starved[:len(starved)-1], "WATCHDOG=1") || !slices.Contains(starved[len(starved)-1], "WATCHDOG=1") {
				t.Errorf("told from the fifth failure to the first success = %q, want WATCHDOG=1 in the last alone", starved)
			}
		})
	}
}
