//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ollystack/control-plane/internal/cli"
)

// between stands between the command and a server, and remembers what is written.
type between struct {
	url    string
	server string
	mu     sync.Mutex
	writes []string
	// before is called before the n-th write is passed on, n from 1; what it returns is answered instead.
	before func(n int, r *http.Request) (status int)
}

func standBetween(t *testing.T, p *process) *between {
	t.Helper()
	target, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	b := &between{server: p.url}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/preview") {
			if status := b.write(t, r); status != 0 {
				w.WriteHeader(status)
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

func (b *between) write(t *testing.T, r *http.Request) int {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Errorf("read the request: %v", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var spec struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(body, &spec) // a deletion has none
	b.mu.Lock()
	b.writes = append(b.writes, strings.TrimSpace(r.Method+" "+spec.Name))
	n, before := len(b.writes), b.before
	b.mu.Unlock()
	if before == nil {
		return 0
	}
	return before(n, r)
}

// written are the writes since it was last asked.
func (b *between) written() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := strings.Join(b.writes, ", ")
	b.writes = nil
	return text
}

// request asks the server itself.
func request(t *testing.T, method, url string, body any) (status int, answer []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer
}

// declare writes a configuration and what is said of it.
func declare(t *testing.T, dir, name, comment, meta string) {
	t.Helper()
	writeFile(t, filepath.Join(dir, name+".yaml"), "# "+comment+"\n"+seededBody)
	writeFile(t, filepath.Join(dir, name+".meta.yaml"), meta)
}

// TestApplyOrder: what is new comes first, then what takes no agent away, then what does, then what goes.
func TestApplyOrder(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	b := standBetween(t, p)
	connectAgent(t, p.url, &simulated{name: "host-1", attributes: map[string]string{"env": "production"}})
	dir := t.TempDir()
	apply := func() outcome { return call(t, world{}, "apply", "-f", dir, "--prune", "--detach", "--server", b.url) }
	declare(t, dir, "narrowed", "1", "selector: env=production\npriority: 9\n")
	declare(t, dir, "widened", "2", "selector: env=none\npriority: 1\n")
	declare(t, dir, "gone", "3", "selector: env=none\npriority: 5\n")
	if got := apply(); got.code != 0 || b.written() != "POST narrowed, POST gone, POST widened" {
		t.Fatalf("apply = %+v, want the one that wins first", got)
	}
	declare(t, dir, "narrowed", "1", "selector: env=none\npriority: 9\n")
	declare(t, dir, "widened", "2", "selector: env=production\npriority: 1\n")
	declare(t, dir, "new", "4", "selector: env=other\n")
	for _, file := range []string{"gone.yaml", "gone.meta.yaml"} {
		if err := os.Remove(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	if got, writes := apply(), b.written(); got.code != 0 || writes != "POST new, PUT widened, PUT narrowed, DELETE" {
		t.Errorf("apply = %+v, wrote %s, want what takes from nobody before what does, and the deletion last", got, writes)
	}
}

// TestApplyStops: at the first refusal, and the rest is done once its cause is gone.
func TestApplyStops(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	b := standBetween(t, p)
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		declare(t, dir, name, name, "")
	}
	b.before = func(n int, _ *http.Request) int {
		if n == 2 {
			return http.StatusServiceUnavailable
		}
		return 0
	}
	got := call(t, world{}, "apply", "-f", dir, "--server", b.url, "-o", "json")
	if got.code != 1 || !strings.Contains(got.stderr, "create b, after 1 of 3 changes: ") || b.written() != "POST a, POST b" {
		t.Errorf("apply = %+v, want it to stop at b with code 1", got)
	}
	var plan struct {
		Applied bool `json:"applied"`
		Changes []struct {
			Name string `json:"name"`
			Done bool   `json:"done"`
		} `json:"changes"`
	}
	if err := json.Unmarshal([]byte(got.stdout), &plan); err != nil || plan.Applied || fmt.Sprint(plan.Changes) != "[{a true} {b false} {c false}]" {
		t.Errorf("apply -o json = %+v, %v, want a done and the others not", plan, err)
	}
	b.before = nil
	if got := call(t, world{}, "apply", "-f", dir, "--server", b.url); got.code != 0 || b.written() != "POST b, POST c" {
		t.Errorf("apply again = %+v, want b and c", got)
	}
}

// TestApplyRace: what somebody has changed since the plan was made is not overwritten.
func TestApplyRace(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	b := standBetween(t, p)
	dir := t.TempDir()
	declare(t, dir, "edge", "1", "")
	declare(t, dir, "gone", "1", "priority: 1\n")
	if got := call(t, world{}, "apply", "-f", dir, "--server", b.url); got.code != 0 {
		t.Fatalf("apply = %+v", got)
	}
	theirs := map[string]any{"config": "# theirs\n" + seededBody, "labels": map[string]string{"ollystack.io/managed-by": "apply"}}
	meddle := func(name string) {
		b.before = func(int, *http.Request) int {
			if status, answer := request(t, http.MethodPut, b.server+"/api/v1/configs/"+name, theirs); status != http.StatusOK {
				t.Errorf("PUT %s = %d %s", name, status, answer)
			}
			return 0
		}
	}
	declare(t, dir, "edge", "2", "")
	meddle("edge")
	if got := call(t, world{}, "apply", "-f", dir, "--server", b.url); got.code != 5 || !strings.Contains(got.stderr, "Somebody else changed it") {
		t.Errorf("apply = %+v, want code 5 and why", got)
	}
	if _, answer := request(t, http.MethodGet, b.server+"/api/v1/configs/edge", nil); !bytes.Contains(answer, []byte("# theirs")) {
		t.Errorf("GET edge = %s, want theirs", answer)
	}
	b.before = nil
	if got := call(t, world{}, "apply", "-f", dir, "--server", b.url); got.code != 0 || !strings.Contains(got.stdout, "-# theirs\n+# 2\n") {
		t.Errorf("apply again = %+v, want it to show and undo theirs", got)
	}
	for _, file := range []string{"gone.yaml", "gone.meta.yaml"} {
		if err := os.Remove(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	meddle("gone")
	if got := call(t, world{}, "apply", "-f", dir, "--prune", "--server", b.url); got.code != 5 {
		t.Errorf("apply --prune = %+v, want code 5", got)
	}
	if status, _ := request(t, http.MethodGet, b.server+"/api/v1/configs/gone", nil); status != http.StatusOK {
		t.Errorf("GET gone = %d, want it there, since somebody has just changed it", status)
	}
}

// TestApplyAsks: on a terminal, and nowhere else; the question names the number that the guard wants.
func TestApplyAsks(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "--guard-max-agents", "1")
	for _, name := range []string{"host-1", "host-2"} {
		connectAgent(t, p.url, &simulated{name: name, attributes: map[string]string{"env": "production"}})
	}
	dir := t.TempDir()
	declare(t, dir, "edge", "1", "selector: env=production\n")
	apply := func(answer string, args ...string) outcome {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var stdout, stderr bytes.Buffer
		code := run(ctx, surroundings{
			World: cli.World{
				Stdin: strings.NewReader(answer), Stdout: &stdout, Stderr: &stderr, Environ: []string{noSettingsFile, noCredentials},
				Screen: cli.Screen{Width: 80, Stdin: true, Stderr: true},
			},
			args: append([]string{"apply", "-f", dir, "--server", p.url}, args...),
		})
		return outcome{code, stdout.String(), stderr.String()}
	}
	for _, answer := range []string{"", "n\n", "no\n", "\n"} {
		if got := apply(answer); got.code != 1 || !strings.Contains(got.stderr, "edge reaches 2 connected agents at once. Make 1 change? [y/N]") || !strings.Contains(got.stderr, "nothing was done") {
			t.Errorf("apply answered %q = %+v, want nothing done", answer, got)
		}
	}
	if got := apply("", "--yes"); got.code != 5 || strings.Contains(got.stderr, "[y/N]") {
		t.Errorf("apply --yes = %+v, want the guard, unasked", got)
	}
	if got := apply("", "--dry-run"); got.code != 0 || strings.Contains(got.stderr, "[y/N]") {
		t.Errorf("apply --dry-run = %+v, want nothing asked", got)
	}
	if got := apply("y\n"); got.code != 0 || !strings.HasSuffix(got.stdout, "1 change made\n") {
		t.Errorf("apply answered y = %+v, want it made", got)
	}
	if got := apply(""); got.code != 0 || strings.Contains(got.stderr, "[y/N]") {
		t.Errorf("apply with nothing to do = %+v, want nothing asked", got)
	}
}

// TestRoundTripOfAServer: whatever a server has, exporting and applying it writes nothing,
// there; and elsewhere it makes the same.
func TestRoundTripOfAServer(t *testing.T) {
	t.Parallel()
	p, copied := startProcess(t), startProcess(t)
	b := standBetween(t, p)
	random := rand.New(rand.NewPCG(5, 6))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	for i := range 40 {
		body := pick("", "\ufeff", "# \u00e4\u6f22\U0001f642\n", "---\n", "# \u2028\u0085\n", "\n\n") + seededBody + pick("", "\n", "# end", "...\n", "\n\n", "   ")
		if random.IntN(3) == 0 {
			body = strings.ReplaceAll(body, "\n", "\r\n")
		}
		labels := map[string]string{}
		for range random.IntN(3) {
			labels[pick("a", "true", "1", "x/y", "\u00e4 \u6f22", "<<", "#", "ollystack.io/managed-by")] = pick("", "yes", "null", "1.0", " # x", "'\"", "hand")
		}
		spec := map[string]any{
			"name": fmt.Sprintf("%s%d%s", pick("a", "A", "con.", "X_"), i/2, pick("", ".meta", ".yaml", "-x")), "config": body, "labels": labels,
			"description": pick("", "two\nlines", " # no comment", "\x00\x1b\u200b", "~", "\r\n", "- 'x': {"),
			"selector":    pick("", "env=production", "env in (a,b),!canary", "env"), "priority": random.IntN(7) - 3,
		}
		if status, answer := request(t, http.MethodPost, p.url+"/api/v1/configs", spec); status != http.StatusCreated && status != http.StatusConflict {
			t.Fatalf("POST %q = %d %s", spec, status, answer)
		}
	}
	dir := filepath.Join(t.TempDir(), "configurations")
	if got := call(t, world{}, "export", "-o", dir, "--server", b.url); got.code != 0 {
		t.Fatalf("export = %+v", got)
	}
	got := call(t, world{}, "apply", "-f", dir, "--prune", "--server", b.url)
	if writes := b.written(); got.code != 0 || writes != "" || !strings.HasSuffix(got.stdout, " unchanged\n") || strings.Count(got.stdout, "\n") != 1 {
		t.Errorf("apply of an export = %+v, wrote %s, want nothing changed", got, writes)
	}
	if got := call(t, world{}, "apply", "-f", dir, "--server", copied.url); got.code != 0 {
		t.Fatalf("apply to another server = %+v", got)
	}
	want, have := stateOf(t, p), stateOf(t, copied)
	if len(want) < 30 || len(have) != len(want) {
		t.Fatalf("%d configurations, and %d elsewhere, want as many, and more", len(want), len(have))
	}
	for name, w := range want {
		if have[name] != w {
			t.Errorf("%s is\n%s\nwant\n%s", name, have[name], w)
		}
	}
}

// stateOf is what operators write of a server's configurations, but for the label that apply writes.
func stateOf(t *testing.T, p *process) map[string]string {
	t.Helper()
	_, answer := request(t, http.MethodGet, p.url+"/api/v1/configs?page_size=1000", nil)
	var list struct {
		Configs []struct {
			ID string `json:"id"`
		} `json:"configs"`
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		t.Fatal(err)
	}
	state := map[string]string{}
	for _, c := range list.Configs {
		_, answer := request(t, http.MethodGet, p.url+"/api/v1/configs/"+c.ID, nil)
		var spec struct {
			Name        string            `json:"name"`
			Description string            `json:"description"`
			Config      string            `json:"config"`
			Labels      map[string]string `json:"labels"`
			Selector    string            `json:"selector"`
			Priority    int               `json:"priority"`
		}
		if err := json.Unmarshal(answer, &spec); err != nil {
			t.Fatal(err)
		}
		delete(spec.Labels, "ollystack.io/managed-by")
		state[spec.Name] = fmt.Sprintf("%q", []any{spec.Description, spec.Config, spec.Labels, spec.Selector, spec.Priority})
	}
	return state
}
