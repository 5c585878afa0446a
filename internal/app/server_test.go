package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ollystack/control-plane/internal/settings"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// server is a whole server on a free port.
type server struct {
	address string
	dir     string
	log     *buffer
	stdout  *buffer
	stop    func() error // ends it and returns what Run returned
}

// buffer takes what a server writes while a test reads it.
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

// testSettings are the defaults on a free port, with data of their own.
func testSettings(t *testing.T) settings.Settings {
	t.Helper()
	s := settings.Default()
	s.Listen = "127.0.0.1:0"
	s.DataDir = filepath.Join(t.TempDir(), "data")
	s.Store.MinFreeBytes = 0 // the health of the test's machine is not under test
	return s
}

// start runs a server until the test ends or stops it.
func start(t *testing.T, s settings.Settings) *server {
	t.Helper()
	return startWith(t, Options{Settings: s})
}

// startWith is start with more options than the settings.
func startWith(t *testing.T, o Options) *server {
	t.Helper()
	srv := &server{dir: o.Settings.DataDir, log: &buffer{}, stdout: &buffer{}}
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan net.Addr, 1)
	ended := make(chan error, 1)
	go func() {
		o.Build, o.Stdout = Build{Version: "1.2.3", Commit: "abc"}, srv.stdout
		o.Logger = slog.New(slog.NewTextHandler(srv.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Ready = func(a net.Addr) { ready <- a }
		ended <- Run(ctx, o)
	}()
	srv.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			t.Errorf("Run did not return within %v of the end of its context", patience)
			return nil
		}
	})
	t.Cleanup(func() {
		if err := srv.stop(); err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", srv.log)
		}
	})
	select {
	case a := <-ready:
		srv.address = a.String()
	case err := <-ended:
		ended <- err
		t.Fatalf("Run = %v before it was ready", err)
	case <-time.After(patience):
		t.Fatalf("the server is not ready after %v", patience)
	}
	return srv
}

func (s *server) url(path string) string { return "http://" + s.address + path }

// request is one request to a server.
type request struct {
	method string // GET where empty
	path   string
	host   string
	header map[string]string
	body   string
}

func (s *server) do(t *testing.T, client *http.Client, scheme string, r request) (status int, body string) {
	t.Helper()
	if r.method == "" {
		r.method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(t.Context(), r.method, scheme+"://"+s.address+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	if r.host != "" {
		req.Host = r.host
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: read: %v", r.method, r.path, err)
	}
	return res.StatusCode, string(b)
}

func (s *server) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	return s.do(t, http.DefaultClient, "http", request{path: path})
}

// token reads one of the tokens that the first start left.
func (s *server) token(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// dial opens a WebSocket at the OpAMP path; without one, status is that of the refusal.
func (s *server) dial(t *testing.T, header http.Header) (ws *websocket.Conn, status int) {
	t.Helper()
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+s.address+"/v1/opamp", header)
	if res == nil {
		t.Fatalf("dial: %v", err)
	}
	defer res.Body.Close()
	if err != nil {
		return nil, res.StatusCode
	}
	t.Cleanup(func() { _ = ws.Close() }) // the server may have closed it
	return ws, res.StatusCode
}
