//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ollystack/control-plane/internal/cli"
)

// running is a command that goes on until it is ended.
type running struct {
	cancel         context.CancelFunc
	ended          chan int // its exit code
	stdout, stderr growing
}

// growing is an output that is looked at while it is written.
type growing struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *growing) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(p)
}

func (g *growing) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.String()
}

// follow starts a command in this process.
func follow(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{cancel: cancel, ended: make(chan int, 1)}
	go func() {
		r.ended <- run(ctx, surroundings{
			World: cli.World{Environ: []string{noSettingsFile, noCredentials}, Stdin: strings.NewReader(""), Stdout: &r.stdout, Stderr: &r.stderr},
			args:  args,
		})
	}()
	t.Cleanup(func() {
		cancel()
		if t.Failed() {
			t.Logf("stdout:\n%s\nstderr:\n%s", &r.stdout, &r.stderr)
		}
	})
	return r
}

// says waits until out contains text.
func (r *running) says(t *testing.T, out *growing, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(out.String(), text); {
		if time.Now().After(deadline) {
			t.Fatalf("after %v the output is\n%s\nwant %q in it", patience, out, text)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// ends waits for the end.
func (r *running) ends(t *testing.T, code int) {
	t.Helper()
	select {
	case got := <-r.ended:
		if got != code {
			t.Errorf("exit code %d, want %d", got, code)
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
}

// cutter is a proxy in front of a server, whose connections can be cut.
func cutter(t *testing.T, to string) *httptest.Server {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	t.Cleanup(proxy.Close)
	return proxy
}

// TestEventsResume: a stream that breaks is taken up where it broke, and nothing is lost in between.
func TestEventsResume(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	between := cutter(t, p.url)
	file := filepath.Join(t.TempDir(), "good.yaml")
	writeFile(t, file, goldenBody)
	create := func(name string) {
		t.Helper()
		if got := call(t, world{}, "configs", "create", name, "-f", file, "--server", p.url); got.code != 0 {
			t.Fatalf("configs create %s = %+v", name, got)
		}
	}
	r := follow(t, "events", "--type", "config.created", "--server", between.URL)
	// Its beginning cannot be seen from outside: what comes before it is not told.
	n := 0
	for ; r.stdout.String() == ""; n++ {
		if n > 1000 {
			t.Fatal("no event is told of any of 1000 configurations")
		}
		create(fmt.Sprintf("first-%d", n))
	}
	begun := fmt.Sprintf("config.created      first-%d v1\n", n-1)
	r.says(t, &r.stdout, begun)
	between.CloseClientConnections()
	create("in-between")
	r.says(t, &r.stderr, "the stream of events of "+strings.TrimPrefix(between.URL, "http://")+" broke")
	r.says(t, &r.stdout, "in-between v1")
	create("last")
	r.says(t, &r.stdout, "last v1")
	r.cancel()
	r.ends(t, 0)
	_, after, _ := strings.Cut(r.stdout.String(), begun)
	lines := strings.Split(strings.TrimSpace(after), "\n")
	if len(lines) != 2 || !strings.HasSuffix(lines[0], "config.created      in-between v1") || !strings.HasSuffix(lines[1], "config.created      last v1") {
		t.Errorf("events =\n%s\nwant in-between and the last after the first", &r.stdout)
	}
}

// TestEventsRefused: what does not get better by waiting ends it.
func TestEventsRefused(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "--auth-mode", "token")
	if got := call(t, world{}, "events", "--server", p.url); got.code != 6 {
		t.Errorf("events without a token = %+v, want code 6", got)
	}
	if got := call(t, world{}, "events", "--server", "http://127.0.0.1:1"); got.code != 7 {
		t.Errorf("events of nobody = %+v, want code 7", got)
	}
	if got := call(t, world{}, "events", "--type", "agent.born"); got.code != 2 || !strings.Contains(got.stderr, "agent.connected") {
		t.Errorf("events of an unknown type = %+v, want code 2 and the types", got)
	}
}

// TestEventsJSON: an id that is printed is one to begin after.
func TestEventsJSON(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	r := follow(t, "events", "-o", "json", "--count", "1", "--server", p.url)
	for deadline := time.Now().Add(patience); r.stdout.String() == "" && time.Now().Before(deadline); {
		connectAgent(t, p.url, &simulated{name: "edge-1", sick: "it is"}).disconnect()
	}
	r.ends(t, 0)
	line := r.stdout.String()
	if !strings.HasPrefix(line, `{"id":"`) || !strings.Contains(line, `,"type":"agent.`) || !strings.Contains(line, `"agent":{"id":"`) || strings.Count(line, "\n") != 1 {
		t.Fatalf("events -o json = %s, want one event", line)
	}
	id := strings.SplitN(line, `"`, 5)[3]
	connectAgent(t, p.url, &simulated{name: "edge-2"})
	if got := call(t, world{}, "events", "--since", id, "--count", "1", "--server", p.url); got.code != 0 || !strings.Contains(got.stdout, "edge-") {
		t.Errorf("events --since %s = %+v, want what came then", id, got)
	}
}

// TestWatch: an agent is printed when it comes, changes and goes, also after the server was away.
func TestWatch(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	between := cutter(t, p.url)
	first := connectAgent(t, p.url, &simulated{name: "edge-1"})
	all := follow(t, "agents", "watch", "--server", between.URL)
	there := follow(t, "agents", "watch", "--connected", "-o", "json", "--server", between.URL)
	all.says(t, &all.stdout, "NAME    STATUS   CONFIG  CONFIG STATUS\n")
	all.says(t, &all.stdout, "edge-1  healthy  -       unassigned\n")
	there.says(t, &there.stdout, `"name":"edge-1"`)
	between.CloseClientConnections()
	connectAgent(t, p.url, &simulated{name: "edge-2", sick: "it is"})
	all.says(t, &all.stdout, "edge-2  unhealthy  -       unassigned\n")
	first.disconnect()
	all.says(t, &all.stdout, "edge-1  disconnected  -       unassigned\n")
	there.says(t, &there.stdout, `"status":"gone"`)
	for _, r := range []*running{all, there} {
		r.cancel()
		r.ends(t, 0)
	}
	if got := strings.Count(all.stdout.String(), "\n"); got != 4 {
		t.Errorf("watch =\n%s\nwant the titles, and each agent as often as it changed", &all.stdout)
	}
}

// TestConfirmedBatch: the number that a person has agreed to is the guard's confirmation; --yes alone is none.
func TestConfirmedBatch(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "--guard-max-agents", "1")
	for _, name := range []string{"edge-1", "edge-2"} {
		connectAgent(t, p.url, &simulated{name: name})
	}
	file := filepath.Join(t.TempDir(), "good.yaml")
	writeFile(t, file, goldenBody)
	at := func(answer string, args ...string) outcome {
		w := world{environ: []string{"OLLYSTACK_SERVER=" + p.url}, stdin: strings.NewReader(answer), screen: cli.Screen{Stdin: true, Stderr: true}}
		return call(t, w, args...)
	}
	if got := at("", "configs", "create", "gateway", "-f", file); got.code != 0 {
		t.Fatalf("configs create = %+v", got)
	}
	assign := []string{"agents", "assign", "-l", "service.name=otelcol-contrib", "gateway"}
	if got := at("n\n", assign...); got.code != 1 || !strings.Contains(got.stderr, `Assign the configuration "gateway" to 2 agents? [y/N] `) || !strings.Contains(got.stderr, "nothing was done") {
		t.Errorf("%v answered with no = %+v, want code 1 and nothing done", assign, got)
	}
	if got := at("", append(assign, "--yes")...); got.code != 5 || !strings.Contains(got.stderr, "--confirm-agents 2") {
		t.Errorf("%v --yes = %+v, want code 5 and the guard's number", assign, got)
	}
	if got := at("y\n", assign...); got.code != 0 || !strings.Contains(got.stdout, "2 agents: 2 done, 0 failed") {
		t.Errorf("%v answered with yes = %+v, want code 0 and both done", assign, got)
	}
}

// TestEditAgain: on a terminal, whoever was refused may go on editing.
func TestEditAgain(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good.yaml": goldenBody, "bad.yaml": goldenBad, "better.yaml": goldenBody + "# better\n",
		// The first time it spoils the text, the second time it finds what it wrote and mends it.
		"editor": `if grep -q otpl "$1"; then cat ` + dir + `/better.yaml >"$1"; else cat ` + dir + `/bad.yaml >"$1"; fi`,
	} {
		writeFile(t, filepath.Join(dir, name), text)
	}
	stdin, answers, err := os.Pipe() // a file: the editor must not have the answers
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if _, err := answers.WriteString("y\n"); err != nil || answers.Close() != nil {
		t.Fatal(err)
	}
	w := world{
		environ: []string{"OLLYSTACK_SERVER=" + p.url, "EDITOR=/bin/sh " + filepath.Join(dir, "editor"), "PATH=/usr/bin:/bin", "TMPDIR=" + dir},
		screen:  cli.Screen{Stdin: true, Stderr: true}, stdin: stdin,
	}
	if got := call(t, w, "configs", "create", "gateway", "-f", filepath.Join(dir, "good.yaml")); got.code != 0 {
		t.Fatalf("configs create = %+v", got)
	}
	got := call(t, w, "configs", "edit", "gateway")
	if got.code != 0 || !strings.Contains(got.stdout, "gateway: version 2") || !strings.Contains(got.stderr, "otpl") || !strings.Contains(got.stderr, "Edit it again? [y/N]") {
		t.Errorf("configs edit = %+v, want it refused, asked about and stored", got)
	}
	if got := call(t, w, "configs", "get", "gateway", "--body"); got.stdout != goldenBody+"# better\n" {
		t.Errorf("configs get --body = %+v, want what was written last", got)
	}
}
