//go:build unix

package main

import (
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// TestServerFaults: whatever is wrong with the way to the server, or with who is there, is told with what to try.
// What is wrong with tokens and contexts is in testdata/scripts/access.txtar.
func TestServerFaults(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	target, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	tls := httptest.NewTLSServer(proxy)
	t.Cleanup(tls.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	writeFile(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw})))
	_, tlsPort, err := net.SplitHostPort(tls.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	// A server of an earlier version: what it does not know yet it says is not there.
	older := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/agents:batch") || strings.HasSuffix(r.URL.Path, "/preview") {
			r.URL.Path = "/api/v0/not-yet"
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(older.Close)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>") }))
	t.Cleanup(page.Close)
	bare := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(bare.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never says a word
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	connectAgent(t, p.url, &simulated{name: "edge-1", attributes: map[string]string{"region": "eu"}})
	good := filepath.Join(t.TempDir(), "good.yaml")
	writeFile(t, good, goldenBody)

	for _, c := range []struct {
		name   string
		server string
		args   string
		code   int
		says   string // the last line
	}{
		{"plain HTTP to a TLS port", "http://" + tls.Listener.Addr().String(), "agents list", 7, "Write https:// in --server"},
		{"plain HTTP to a TLS port", "http://" + tls.Listener.Addr().String(), "status", 7, "Write https:// in --server"},
		{"plain HTTP to a TLS port", "http://" + tls.Listener.Addr().String(), "events", 7, "Write https:// in --server"},
		{"TLS to a plain port", "https://" + strings.TrimPrefix(p.url, "http://"), "status", 7, "write http:// in --server"},
		{"an unknown authority", tls.URL, "agents list", 7, "--ca-file"},
		{"an authority that knows it", tls.URL, "agents list --ca-file " + ca, 0, "edge-1"},
		{"another name than the certificate's", "https://localhost:" + tlsPort, "agents list --ca-file " + ca, 7, "does not fit the address"},
		{"no certificate in the file", tls.URL, "agents list --ca-file " + good, 1, "-----BEGIN CERTIFICATE-----"},
		{"nobody there", "http://127.0.0.1:1", "configs list", 7, "Is the server running"},
		{"no such host", "http://no-such-host.invalid:4320", "status", 7, "Is the server running"},
		{"silence", "http://" + silent.Addr().String(), "status --request-timeout 200ms", 7, "--request-timeout gives it longer"},
		{"another program", page.URL, "status", 1, "another program"},
		{"another program", page.URL, "agents list", 1, "another program"},
		{"another program", page.URL, "configs get x", 1, "another program"},
		{"another program", bare.URL, "configs get x", 1, "of another program"},
		{"a path too many", p.url + "/ui", "agents get edge-1", 1, "a path too many"},
		{"an earlier version", older.URL, "agents restart -l region=eu --yes", 1, "of another version than this command"},
		{"an earlier version", older.URL, "apply -f " + good, 1, "of another version than this command"},
		{"an earlier version", older.URL, "configs create x --dry-run -f " + good, 1, "of another version than this command"},
		{"what is not there", older.URL, "agents get nosuch", 3, "`ollystack agents list` shows the agents"},
		{"no URL", "fleet.example:4320", "status", 2, "See 'ollystack status --help'."},
	} {
		got := call(t, world{environ: []string{"OLLYSTACK_SERVER=" + c.server}}, strings.Fields(c.args)...)
		lines := strings.Split(strings.TrimSpace(got.stdout+got.stderr), "\n")
		if got.code != c.code || !strings.Contains(lines[len(lines)-1], c.says) {
			t.Errorf("%s: ollystack %s = %+v, want code %d and %q last", c.name, c.args, got, c.code, c.says)
		}
	}
}
