package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ollystack/control-plane/internal/settings"
)

func TestReady(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	srv := start(t, s)

	status, body := srv.get(t, "/api/v1/health")
	want := `{"status":"ok","version":"1.2.3","agent_path":"/v1/opamp","packages":false,"checks":{"redis":{"status":"disabled"},"storage":{"status":"ok"}}}`
	if strings.TrimSpace(body) != want || status != http.StatusOK {
		t.Errorf("GET /api/v1/health = %d %s, want 200 %s", status, body, want)
	}
	if status, body = srv.get(t, "/api/v1/nosuch"); status != http.StatusNotFound || !strings.Contains(body, `"status":404`) {
		t.Errorf("GET /api/v1/nosuch = %d %s, want a problem of 404", status, body)
	}
	if status, _ = srv.get(t, s.OpAMP.Path); status != http.StatusUpgradeRequired {
		t.Errorf("GET %s = %d, want 426: the OpAMP server's", s.OpAMP.Path, status)
	}
	_, metrics := srv.get(t, "/metrics")
	for _, name := range []string{
		`ollystack_build_info{commit="abc",go_version="go`, "go_goroutines ", "process_resident_memory_bytes ",
		`opamp_agents_total{status="healthy"} 0`, "opamp_offer_to_applied_seconds_count 0", "ollystack_store_write_seconds_count ",
		"opamp_config_updates_total 0",
	} {
		if !strings.Contains(metrics, "\n"+name) {
			t.Errorf("GET /metrics has no %s", name)
		}
	}
	for _, hint := range []string{
		"ws://" + srv.address + "/v1/opamp", "http://" + srv.address + "/api/v1\n",
		"curl http://" + srv.address + "/api/v1/fleet/status", s.DataDir,
	} {
		if !strings.Contains(srv.stdout.String(), hint) {
			t.Errorf("the hints have no %q:\n%s", hint, srv.stdout)
		}
	}
	if info, err := os.Stat(s.DataDir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("Stat(data_dir) = %v, %v; want mode 0700", info.Mode(), err)
	}
}

// TestStopEndsWhatIsOpen: a WebSocket gets its Close frame, a stream of events ends,
// a request that is under way is answered.
func TestStopEndsWhatIsOpen(t *testing.T) {
	t.Parallel()
	srv := start(t, testSettings(t))
	ws, _ := srv.dial(t, nil)

	events, err := http.Get(srv.url("/api/v1/events"))
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	stream := bufio.NewReader(events.Body)
	if line, err := stream.ReadString('\n'); err != nil || !strings.HasPrefix(line, "retry:") {
		t.Fatalf("first line of the events = %q, %v; want retry", line, err)
	}
	streamEnds := make(chan struct{})
	go func() {
		defer close(streamEnds)
		for {
			if _, err := stream.ReadString('\n'); err != nil {
				return
			}
		}
	}()

	slow, err := net.Dial("tcp", srv.address)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	body := `{"config": "x"}`
	fmt.Fprintf(slow, "POST /api/v1/configs/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body))
	answers := bufio.NewReader(slow)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("answer to the headers = %q, %v; want 100 Continue", line, err)
	}

	stopped := make(chan error, 1)
	go func() { stopped <- srv.stop() }()

	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("read from the WebSocket of a server that stops = %v, want the Close frame 1001", err)
	}
	select {
	case <-streamEnds:
	case <-time.After(patience):
		t.Error("the stream of events goes on while the server stops")
	}
	fmt.Fprint(slow, body)
	if _, err := answers.ReadString('\n'); err != nil { // the empty line after 100 Continue
		t.Fatal(err)
	}
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "200 OK") {
		t.Errorf("answer to the request that was under way = %q, %v; want 200", line, err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if _, err := net.Dial("tcp", srv.address); err == nil {
		t.Error("dial a stopped server succeeds")
	}
}

// TestStopHasADeadline: who does not end is cut off, and what the fleet holds is saved all the same.
func TestStopHasADeadline(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	s.ShutdownTimeout = 900 * time.Millisecond
	srv := start(t, s)
	hang, err := net.Dial("tcp", srv.address)
	if err != nil {
		t.Fatal(err)
	}
	defer hang.Close()
	fmt.Fprint(hang, "POST /api/v1/configs/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n")
	if line, err := bufio.NewReader(hang).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("answer to the headers = %q, %v; want 100 Continue", line, err)
	}
	began := time.Now()
	if err := srv.stop(); err != nil {
		t.Errorf("Run = %v, want nil: being cut off is no error", err)
	}
	if took := time.Since(began); took > 10*s.ShutdownTimeout {
		t.Errorf("the stop took %v, want about two thirds of %v", took, s.ShutdownTimeout)
	}
	if again := start(t, s); strings.Contains(again.log.String(), "did not stop cleanly") {
		t.Errorf("the stop was not clean:\n%s", again.log)
	}
}

// TestStartFails: every reason names its subject and says what to do, and what had started is stopped.
func TestStartFails(t *testing.T) {
	t.Parallel()
	running := start(t, testSettings(t))
	for _, c := range []struct {
		name string
		set  func(*testing.T, *settings.Settings)
		want []string
	}{
		{"the data is in use", func(_ *testing.T, s *settings.Settings) {
			s.DataDir = running.dir
		}, []string{StoreFile(running.dir), "locked by another process"}},
		{"the port is in use", func(_ *testing.T, s *settings.Settings) {
			s.Listen = running.address
		}, []string{running.address, "another ollystack", "--listen"}},
		{"data_dir is a file", func(t *testing.T, s *settings.Settings) {
			s.DataDir = filepath.Join(t.TempDir(), "file")
			writeFile(t, s.DataDir, "x")
		}, []string{"data_dir", "not a directory"}},
		{"the store is something else", func(t *testing.T, s *settings.Settings) {
			s.DataDir = t.TempDir()
			writeFile(t, StoreFile(s.DataDir), strings.Repeat("not a store ", 1000))
		}, []string{"fleet.db"}},
		{"there is no certificate", func(t *testing.T, s *settings.Settings) {
			s.TLS = settings.TLS{CertFile: filepath.Join(t.TempDir(), "cert.pem"), KeyFile: "/nosuch/key.pem"}
		}, []string{"cert.pem", "/nosuch/key.pem"}},
		{"redis.url makes no sense", func(_ *testing.T, s *settings.Settings) {
			s.Redis.URL = "redis://localhost:port"
		}, []string{"redis.url"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := testSettings(t)
			c.set(t, &s)
			err := Run(t.Context(), Options{Settings: s, Ready: func(net.Addr) { t.Error("it was ready") }})
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Run = %v, want an error with %q", err, want)
				}
			}
			if s.DataDir != running.dir && c.name != "data_dir is a file" && !strings.Contains(c.name, "something else") {
				again := testSettings(t)
				again.DataDir = s.DataDir
				start(t, again) // nothing holds the store
			}
		})
	}
}

// TestStopWhileStarting: a signal that comes early ends the start, and is no error.
func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("a signal"))
	s := testSettings(t)
	if err := Run(ctx, Options{Settings: s}); err != nil {
		t.Errorf("Run with a context that has ended = %v, want nil", err)
	}
	start(t, s) // nothing holds the store
}

// TestRedisAway: a Redis that is not there is no reason not to run, and health tells.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	l.Close()
	s := testSettings(t)
	s.Redis.URL = settings.SecretURL("redis://user:verysecret@" + gone)
	srv := start(t, s)
	var health struct {
		Status string
		Checks map[string]struct{ Status, Detail string }
	}
	deadline := time.Now().Add(patience)
	for health.Status != "degraded" && time.Now().Before(deadline) {
		status, body := srv.get(t, "/api/v1/health")
		if err := json.Unmarshal([]byte(body), &health); err != nil || status != http.StatusOK {
			t.Fatalf("GET /api/v1/health = %d %s, %v; want 200", status, body, err)
		}
	}
	if health.Status != "degraded" || health.Checks["redis"].Status != "degraded" || health.Checks["storage"].Status != "ok" {
		t.Errorf("health without its Redis = %+v, want degraded for redis alone", health)
	}
	if log := srv.log.String(); strings.Contains(log, "verysecret") || strings.Contains(health.Checks["redis"].Detail, "verysecret") {
		t.Error("the password of the Redis is told")
	}
}

func TestOpAMPPath(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	s.OpAMP.Path = "/agents/here"
	srv := start(t, s)
	if status, _ := srv.get(t, "/agents/here"); status != http.StatusUpgradeRequired {
		t.Errorf("GET of opamp.path = %d, want 426: the OpAMP server's", status)
	}
	if status, _ := srv.get(t, "/v1/opamp"); status != http.StatusNotFound {
		t.Errorf("GET /v1/opamp where opamp.path is another = %d, want 404", status)
	}
}

// TestOff: 0 in the settings is not the parts' "take the default".
func TestOff(t *testing.T) {
	t.Parallel()
	s := settings.Default()
	s.Agents.FullStateRate, s.Guard.MaxAgents = 0, 0
	o := fleetOptions(s, nil, nil, nil, nil)
	if o.FullStateRate < 1_000_000 || o.MaxAgents >= 0 {
		t.Errorf("fleetOptions(no pace, no agent unconfirmed) = rate %d, agents %d; want a rate that nobody waits for and less than 0", o.FullStateRate, o.MaxAgents)
	}
	o = fleetOptions(settings.Default(), nil, nil, nil, nil)
	if o.FullStateRate != 500 || o.MaxAgents != 1000 {
		t.Errorf("fleetOptions(defaults) = rate %d, agents %d; want 500, 1000", o.FullStateRate, o.MaxAgents)
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
