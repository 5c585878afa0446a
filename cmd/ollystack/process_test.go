//go:build unix

package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// process is the program as a process of its own, serving on a free port.
type process struct {
	cmd     *exec.Cmd
	url     string // http://127.0.0.1:port
	dir     string
	ended   chan struct{}
	mu      sync.Mutex
	stderr  strings.Builder
	stdout  strings.Builder
	watched []watch
}

// watch is closed when a line of stderr contains text.
type watch struct {
	text string
	seen chan struct{}
}

// startProcess starts `ollystack serve` and waits until it says where it is.
func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	return startProcessIn(t, nil, args...)
}

// startProcessIn is startProcess with more in the environment.
func startProcessIn(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	p := &process{dir: filepath.Join(t.TempDir(), "data"), ended: make(chan struct{})}
	p.cmd = exec.Command(os.Args[0], append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", p.dir}, args...)...)
	p.cmd.Env = append(append(cleanEnvironment(), runAsProgram+"=1", noSettingsFile, noCredentials), environ...)
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	ready := p.watch("msg=ready")
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var read sync.WaitGroup
	read.Go(func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			p.mu.Lock()
			p.stdout.WriteString(lines.Text() + "\n")
			p.mu.Unlock()
		}
	})
	read.Go(func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.line(lines.Text())
		}
	})
	go func() {
		defer close(p.ended)
		read.Wait()
		_ = p.cmd.Wait() // the state is read from cmd.ProcessState
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // mostly gone already
		<-p.ended
		if t.Failed() {
			t.Logf("stderr:\n%s", p.log())
		}
	})
	p.await(t, ready, "ready")
	at := regexp.MustCompile(`msg=ready address=(\S+)`).FindStringSubmatch(p.log())
	if at == nil {
		t.Fatalf("the log does not say where it listens:\n%s", p.log())
	}
	p.url = "http://" + at[1]
	return p
}

func cleanEnvironment() []string {
	var kept []string
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); !strings.HasPrefix(name, "OLLYSTACK_") && name != "HTTP_PORT" && name != "REDIS_URL" {
			kept = append(kept, kv)
		}
	}
	return kept
}

func (p *process) watch(text string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := watch{text, make(chan struct{})}
	p.watched = append(p.watched, w)
	return w.seen
}

func (p *process) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stderr.WriteString(text + "\n")
	for i, w := range p.watched {
		if w.text != "" && strings.Contains(text, w.text) {
			close(w.seen)
			p.watched[i].text = ""
		}
	}
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

func (p *process) await(t *testing.T, what <-chan struct{}, name string) {
	t.Helper()
	select {
	case <-what:
	case <-p.ended:
		select {
		case <-what: // it was said last
		default:
			t.Fatalf("ollystack serve ended before it was %s:\n%s", name, p.log())
		}
	case <-time.After(patience):
		t.Fatalf("ollystack serve is not %s after %v:\n%s", name, patience, p.log())
	}
}

func (p *process) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatalf("send %v: %v", sig, err)
	}
}

// wait waits for the end and returns how it was.
func (p *process) wait(t *testing.T) syscall.WaitStatus {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("ollystack serve still runs after %v", patience)
	}
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok {
		t.Fatalf("state of the process = %T, want a WaitStatus", p.cmd.ProcessState.Sys())
	}
	return status
}

// TestSignals: the first SIGTERM or SIGINT says goodbye to agents, and the end is a success.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			p := startProcess(t)
			ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(p.url, "http")+"/v1/opamp", nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = ws.Close() }) // the server has closed it
			defer res.Body.Close()
			p.signal(t, sig)
			if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
				t.Errorf("read from the WebSocket = %v, want the Close frame 1001", err)
			}
			if status := p.wait(t); !status.Exited() || status.ExitStatus() != 0 {
				t.Errorf("end after %v = %#x, want exit code 0", sig, status)
			}
			if !strings.Contains(p.stdout.String(), p.url+"/api/v1") {
				t.Errorf("stdout does not say where the API is:\n%s", &p.stdout)
			}
		})
	}
}

// TestSecondSignal: whoever does not want to wait for the drain need not.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "--shutdown-timeout", "10m")
	hang, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer hang.Close()
	fmt.Fprint(hang, "POST /api/v1/configs/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n")
	if line, err := bufio.NewReader(hang).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("answer to the headers = %q, %v; want 100 Continue", line, err)
	}
	stopping := p.watch("msg=stopping")
	p.signal(t, syscall.SIGTERM)
	p.await(t, stopping, "stopping")
	select {
	case <-p.ended:
		t.Fatal("it ended while a request was under way")
	default:
	}
	p.signal(t, syscall.SIGINT)
	if status := p.wait(t); !status.Exited() || status.ExitStatus() != 130 {
		t.Errorf("end after the second signal = %#x, want exit code 130", status)
	}
}

// TestTokenLifecycle: made, used, listed and revoked over the API of a running
// server; and, once it is stopped, in its store.
func TestTokenLifecycle(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "--auth-mode", "token")
	adminFile := filepath.Join(p.dir, "admin.token")
	as := world{environ: []string{"OLLYSTACK_SERVER=" + p.url, "OLLYSTACK_TOKEN_FILE=" + adminFile}}

	made := call(t, as, "token", "create", "prometheus", "--role", "read")
	text := strings.TrimSpace(made.stdout)
	if made.code != 0 || !strings.HasPrefix(text, "olly_") || strings.Contains(text, "\n") || strings.Contains(made.stderr, text) {
		t.Fatalf("token create = %+v, want code 0 and the token alone on stdout", made)
	}
	if got := getStatus(t, p.url+"/metrics", text); got != http.StatusOK {
		t.Errorf("GET /metrics with the new token = %d, want 200", got)
	}
	if got := getStatus(t, p.url+"/api/v1/tokens", text); got != http.StatusForbidden {
		t.Errorf("GET /api/v1/tokens with the new token = %d, want 403", got)
	}
	list := call(t, as, "token", "list")
	fields := regexp.MustCompile(`(?m)^(\S+)\s+read\s+prometheus\s`).FindStringSubmatch(list.stdout)
	if list.code != 0 || fields == nil || strings.Count(list.stdout, "\n") != 4 || strings.Contains(list.stdout, text) {
		t.Fatalf("token list = %+v, want the new token's line among three", list)
	}
	if got := call(t, as, "token", "list", "-o", "json"); got.code != 0 || !strings.Contains(got.stdout, `"name": "prometheus"`) {
		t.Errorf("token list -o json = %+v, want the new token", got)
	}

	for _, c := range []struct {
		name string
		w    world
		args []string
		code int
		says string
	}{
		{"no token", world{}, []string{"token", "list", "--server", p.url}, 6, "admin.token"},
		{"not allowed", world{environ: []string{"OLLYSTACK_TOKEN=" + text}}, []string{"token", "list", "--server", p.url}, 6, "403"},
		{"the token's file is missing", world{}, []string{"token", "list", "--server", p.url, "--token-file", "/nosuch/token"}, 1, "/nosuch/token"},
		{"the store is in use", world{}, []string{"token", "list", "--data-dir", p.dir}, 1, "locked by another process"},
		{"no such token", as, []string{"token", "revoke", "nosuch"}, 3, "nosuch"},
		{"no such store", world{}, []string{"token", "list", "--data-dir", t.TempDir()}, 1, "there is no store"},
		{"nobody listens", world{}, []string{"token", "list", "--server", "http://127.0.0.1:1"}, 7, "127.0.0.1:1"},
	} {
		if got := call(t, c.w, c.args...); got.code != c.code || !strings.Contains(got.stderr, c.says) {
			t.Errorf("%s: ollystack %v = %+v, want code %d and %q", c.name, c.args, got, c.code, c.says)
		}
	}

	if got := call(t, as, "token", "revoke", fields[1]); got.code != 0 {
		t.Errorf("token revoke = %+v, want code 0", got)
	}
	if got := getStatus(t, p.url+"/metrics", text); got != http.StatusUnauthorized {
		t.Errorf("GET /metrics with a revoked token = %d, want 401", got)
	}

	p.signal(t, syscall.SIGTERM)
	p.wait(t)
	// The admin token was lost: the store lets its owner back in.
	stored := call(t, world{}, "token", "create", "me again", "--role", "admin", "--data-dir", p.dir)
	if stored.code != 0 || !strings.HasPrefix(stored.stdout, "olly_") {
		t.Fatalf("token create --data-dir = %+v, want code 0 and a token", stored)
	}
	list = call(t, world{}, "token", "list", "--data-dir", p.dir)
	first := regexp.MustCompile(`(?m)^(\S+)\s+admin\s+first admin`).FindStringSubmatch(list.stdout)
	if first == nil {
		t.Fatalf("token list --data-dir = %+v, want the first admin token", list)
	}
	if got := call(t, world{}, "token", "revoke", first[1], "--data-dir", p.dir); got.code != 0 {
		t.Errorf("token revoke --data-dir = %+v, want code 0", got)
	}
	again := startProcess(t, "--auth-mode", "token", "--data-dir", p.dir)
	if got := getStatus(t, again.url+"/api/v1/agents", strings.TrimSpace(stored.stdout)); got != http.StatusOK {
		t.Errorf("GET /api/v1/agents with the token made in the store = %d, want 200", got)
	}
	old, err := os.ReadFile(adminFile)
	if err != nil {
		t.Fatal(err)
	}
	if got := getStatus(t, again.url+"/api/v1/agents", strings.TrimSpace(string(old))); got != http.StatusUnauthorized {
		t.Errorf("GET /api/v1/agents with the token revoked in the store = %d, want 401", got)
	}
}

func getStatus(t *testing.T, url, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// TestHealthcheckOfServer: well, then gone.
func TestHealthcheckOfServer(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--url", p.url}, {"--listen", ":" + port}} {
		if got := call(t, world{}, append([]string{"healthcheck"}, args...)...); got.code != 0 || got.stdout != "ok\n" {
			t.Errorf("healthcheck %v = %+v, want code 0 and ok", args, got)
		}
	}
	if got := call(t, world{environ: []string{"HTTP_PORT=" + port}}, "healthcheck"); got.code != 0 {
		t.Errorf("healthcheck with HTTP_PORT = %+v, want code 0", got)
	}
	p.signal(t, syscall.SIGTERM)
	p.wait(t)
	if got := call(t, world{}, "healthcheck", "--url", p.url); got.code != 1 || !strings.Contains(got.stderr, port) {
		t.Errorf("healthcheck of a stopped server = %+v, want code 1 and its address", got)
	}
}

// TestServeFails: a second server on the same data ends with code 1 and says which file, and what to do.
func TestServeFails(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	got := call(t, world{}, "serve", "--listen", "127.0.0.1:0", "--data-dir", p.dir)
	if got.code != 1 || !strings.Contains(got.stderr, filepath.Join(p.dir, "fleet.db")) || !strings.Contains(got.stderr, "another ollystack") {
		t.Errorf("a second serve on the same data = %+v, want code 1, the file and what to do", got)
	}
	if got.stdout != "" {
		t.Errorf("a failed serve prints %q", got.stdout)
	}
}
