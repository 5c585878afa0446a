//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestWatchOutlivesABusyServer: where the list cannot be read while the stream is fine, it is tried again.
func TestWatchOutlivesABusyServer(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	pass := cutter(t, p.url).Config.Handler
	var busy atomic.Bool
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if busy.Load() && strings.HasSuffix(r.URL.Path, "/agents") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(between.Close)
	connectAgent(t, p.url, &simulated{name: "edge-1"})
	r := follow(t, "agents", "watch", "--connected", "--server", between.URL)
	r.says(t, &r.stdout, "edge-1  healthy")
	busy.Store(true)
	connectAgent(t, p.url, &simulated{name: "edge-2"})
	r.says(t, &r.stderr, "answered 503 Service Unavailable; trying again\n")
	busy.Store(false)
	r.says(t, &r.stdout, "edge-2  healthy")
	r.cancel()
	r.ends(t, 0)
}

// TestWatchTellsOfForgottenAgents: without a filter, too, and at once.
func TestWatchTellsOfForgottenAgents(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	edge := connectAgent(t, p.url, &simulated{name: "edge-1"})
	r := follow(t, "agents", "watch", "--server", p.url)
	r.says(t, &r.stdout, "edge-1  healthy")
	edge.disconnect()
	r.says(t, &r.stdout, "edge-1  disconnected")
	if got := call(t, world{}, "agents", "forget", "edge-1", "--server", p.url); got.code != 0 {
		t.Fatalf("agents forget = %+v", got)
	}
	r.says(t, &r.stdout, "edge-1  gone")
	r.cancel()
	r.ends(t, 0)
}

// TestEventsEndWithTheToken: who follows by a token that is revoked is told so, and sees nothing that comes then.
func TestEventsEndWithTheToken(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "--auth-mode", "token")
	as := world{environ: []string{"OLLYSTACK_SERVER=" + p.url, "OLLYSTACK_TOKEN_FILE=" + filepath.Join(p.dir, "admin.token")}}
	made := call(t, as, "token", "create", "guest", "--role", "read")
	list := call(t, as, "token", "list", "-o", "name")
	if made.code != 0 || list.code != 0 {
		t.Fatalf("token create = %+v, token list = %+v", made, list)
	}
	ids := strings.Fields(list.stdout)
	dir := t.TempDir()
	guest, config := filepath.Join(dir, "guest.token"), filepath.Join(dir, "good.yaml")
	writeFile(t, guest, made.stdout)
	writeFile(t, config, goldenBody)
	create := func(name string) {
		t.Helper()
		if got := call(t, as, "configs", "create", name, "-f", config); got.code != 0 {
			t.Fatalf("configs create %s = %+v", name, got)
		}
	}
	r := follow(t, "events", "--server", p.url, "--token-file", guest)
	for n := 0; r.stdout.String() == ""; n++ { // its beginning cannot be seen from outside
		if n > 1000 {
			t.Fatal("no event is told of any of 1000 configurations")
		}
		create(fmt.Sprintf("before-%d", n))
	}
	if got := call(t, as, "token", "revoke", ids[len(ids)-1]); got.code != 0 { // the newest comes last
		t.Fatalf("token revoke = %+v", got)
	}
	create("after")
	r.ends(t, 6)
	if strings.Contains(r.stdout.String(), "after v1") {
		t.Errorf("events of a revoked token =\n%s\nwant nothing of what came after", &r.stdout)
	}
}
