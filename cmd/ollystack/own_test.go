package main

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestLocal: --local finds the server by its settings, and gives the token to
// the certificate of these settings alone.
func TestLocal(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if got := r.Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("Authorization = %q, want the token", got)
		}
		fmt.Fprint(w, `{"tokens":[]}`)
	}))
	defer server.Close()
	dir := t.TempDir()
	cert := filepath.Join(dir, "tls.cert_file")
	w := world{environ: []string{
		"OLLYSTACK_TOKEN=secret", "OLLYSTACK_LISTEN=" + server.Listener.Addr().String(),
		"OLLYSTACK_TLS_CERT_FILE=" + cert, "OLLYSTACK_TLS_KEY_FILE=" + filepath.Join(dir, "not-read"),
	}}
	der := server.Certificate().Raw
	writeFile(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	if got := call(t, w, "token", "list", "--local"); got.code != 0 || asked.Load() != 1 {
		t.Errorf("token list --local = %+v after %d requests, want code 0 after 1", got, asked.Load())
	}
	if got := call(t, w, "token", "list", "--server", server.URL); got.code != 7 || asked.Load() != 1 {
		t.Errorf("token list --server of an unknown certificate = %+v after %d requests, want code 7 and none more", got, asked.Load())
	}
	// Somebody else has the port.
	writeFile(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der[1:]})))
	if got := call(t, w, "token", "list", "--local"); got.code != 7 || asked.Load() != 1 || !strings.Contains(got.stderr, "does not show the first certificate") {
		t.Errorf("token list --local with another certificate = %+v after %d requests, want code 7 and none more", got, asked.Load())
	}
	for _, args := range [][]string{{"--local", "--server", server.URL}, {"--local", "--ca-file", cert}, {"--local", "--data-dir", dir}} {
		if got := call(t, w, append([]string{"token", "list"}, args...)...); got.code != 2 {
			t.Errorf("token list %v = %+v, want code 2", args, got)
		}
	}
	// The settings may be credentials.
	writeFile(t, filepath.Join(dir, "credentials_nosuch"), "x")
	w.environ = append(w.environ, "CREDENTIALS_DIRECTORY="+dir)
	if got := call(t, w, "token", "list", "--local"); got.code != 2 || !strings.Contains(got.stderr, "credentials_nosuch: no such setting") {
		t.Errorf("token list --local with a credential that is no setting = %+v, want code 2 and its name", got)
	}
}

// TestTokenFileGone: an error says where to say where it is.
func TestTokenFileGone(t *testing.T) {
	t.Parallel()
	got := call(t, world{environ: []string{"OLLYSTACK_TOKEN_FILE=/nosuch/admin.token"}}, "token", "list")
	if got.code != 1 || !strings.Contains(got.stderr, "/nosuch/admin.token") || !strings.Contains(got.stderr, "systemctl edit") {
		t.Errorf("token list without its token file = %+v, want code 1 and what to do", got)
	}
}
