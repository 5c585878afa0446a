//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
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
