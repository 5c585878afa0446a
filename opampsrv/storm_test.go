package opampsrv

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ollystack/control-plane/fleet"
)

func TestManyWakesAtOnceTakeFewGoroutines(t *testing.T) {
	const agents = 300
	offer := fleet.NewRemoteConfig([]byte("a: b"))
	var now, most, goroutines atomic.Int64
	told := make(map[fleet.InstanceUID]*atomic.Bool, agents)
	for i := range agents {
		told[uid(i+1)] = &atomic.Bool{}
	}
	f := &scripted{due: func(_ fleet.Link, u fleet.InstanceUID) (fleet.Reply, bool) {
		atMost(&most, now.Add(1))
		atMost(&goroutines, int64(runtime.NumGoroutine()))
		defer now.Add(-1)
		runtime.Gosched()
		return fleet.Reply{UID: u, RemoteConfig: &offer}, told[u].CompareAndSwap(false, true)
	}}
	v := serve(t, Options{Fleet: f})
	// On a busy machine a worker may be off the processor for long enough to be taken for blocked, and get relief.
	v.pool.mu.Lock()
	v.pool.patience = time.Hour
	v.pool.mu.Unlock()
	peers := make([]*peer, agents)
	for i := range peers {
		peers[i] = v.dial()
		peers[i].ask(heartbeat(uid(i+1), 0))
	}
	before := int64(runtime.NumGoroutine())
	f.mu.Lock()
	links := f.links
	f.mu.Unlock()
	for range 10 { // wake-ups merge
		for i, l := range links {
			l.Wake(uid(i + 1))
		}
	}
	for i, p := range peers {
		if got := p.recv(); got.GetRemoteConfig() == nil {
			t.Errorf("agent %d is told %v, want the offer", i, got)
		}
	}
	if n := most.Load(); n > poolSize {
		t.Errorf("%d were asked about at a time, want at most %d", n, poolSize)
	}
	if more := goroutines.Load() - before; more > poolSize {
		t.Errorf("%d goroutines more than before, want at most %d", more, poolSize)
	}
}

func atMost(most *atomic.Int64, n int64) {
	for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
	}
}

func TestOverTLS(t *testing.T) {
	f := &scripted{}
	v := serve(t, Options{Fleet: f, PingInterval: 20 * time.Millisecond, IdleTimeout: time.Minute})
	h := httptest.NewUnstartedServer(v.Server)
	h.EnableHTTP2 = true
	h.StartTLS()
	t.Cleanup(h.Close)
	roots := h.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs

	ws, _, err := (&websocket.Dialer{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}).
		Dial(strings.Replace(h.URL, "https", "wss", 1), nil)
	if err != nil {
		t.Fatalf("Dial() = %v", err)
	}
	p := newPeer(t, ws)
	p.ask(heartbeat(uid(1), 0))
	assertAnswer(t, probed(t, f.lastLink(t)), true)

	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL, strings.NewReader(string(encoded(t, heartbeat(uid(2), 0)))))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	res, err := h.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 200 || res.ProtoMajor != 2 {
		t.Errorf("POST over HTTP/%d = %d, %v, want 200 over HTTP/2", res.ProtoMajor, res.StatusCode, err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := v.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown() = %v", err)
	}
	if got := p.closed(); got != websocket.CloseGoingAway {
		t.Errorf("closed with %d, want 1001", got)
	}
}
