package main

import (
	"encoding/pem"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// controlPlane answers as an OpAMP server does to one who brings no WebSocket handshake.
func controlPlane(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/v1/opamp":
		http.NotFound(w, r)
	case r.Header.Get("Authorization") != "Bearer "+testToken:
		http.Error(w, "a valid token is required", http.StatusUnauthorized)
	default:
		http.Error(w, "connect by WebSocket", http.StatusUpgradeRequired)
	}
}

// node is a root to enrol below, with a token.
type node struct{ root, token string }

func newNode(t *testing.T) node {
	t.Helper()
	return node{root: t.TempDir(), token: write(t, filepath.Join(t.TempDir(), "token"), testToken+"\n")}
}

func (n node) enrol(t *testing.T, args ...string) result {
	t.Helper()
	return call(t, world{}, append([]string{"enrol", "--root", n.root, "--token-file", n.token}, args...)...)
}

func (n node) file(path string) string { return filepath.Join(n.root, path) }

func TestEnrol(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(controlPlane))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(controlPlane))
	defer secure.Close()
	ca := write(t, filepath.Join(t.TempDir(), "ca.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})))
	n := newNode(t)

	got := n.enrol(t, "--endpoint", "ws"+strings.TrimPrefix(plain.URL, "http")+"/v1/opamp", "--instance-id", "edge-7", "--label", "env=production")
	if got.code != exitOK {
		t.Fatalf("enrol = %+v", got)
	}
	if files := holding(t, n.root, testToken); len(files) != 1 || files[fileToken] != 0o600 {
		t.Errorf("files that hold the token = %v, want %s alone, mode 0600", files, fileToken)
	}
	if strings.Contains(got.stdout+got.stderr, testToken) {
		t.Error("the token is printed")
	}
	settings := read(t, n.file(fileSettings))
	wantText(t, "supervisor.yaml", settings, `"env": "production"`, `"service.instance.id": "edge-7"`, "ws://127.0.0.1:")

	// Once more, elsewhere: the name stays, and what an operator has written does too.
	edited := settings + "# mine\n"
	write(t, n.file(fileSettings), edited)
	write(t, n.file(fileLocal), "# mine\n")
	got = n.enrol(t, "--endpoint", "wss"+strings.TrimPrefix(secure.URL, "https")+"/v1/opamp", "--ca-file", ca)
	if got.code != exitOK {
		t.Fatalf("enrol again = %+v", got)
	}
	wantText(t, "supervisor.yaml", read(t, n.file(fileSettings)), `"service.instance.id": "edge-7"`, "wss://127.0.0.1:", "ca_file")
	kept, err := filepath.Glob(n.file(fileSettings) + ".bak-*")
	if err != nil || len(kept) != 1 || read(t, kept[0]) != edited {
		t.Errorf("kept files = %v, %v; want the edited one", kept, err)
	}
	if got := read(t, n.file(fileLocal)); got != "# mine\n" {
		t.Errorf("local.yaml = %q, want the operator's own", got)
	}
	if got, want := read(t, n.file(fileAuthority)), read(t, ca); got != want {
		t.Errorf("ca.pem = %q, want %q", got, want)
	}

	// The same again changes nothing.
	before := read(t, n.file(fileSettings))
	if got := n.enrol(t, "--endpoint", "wss"+strings.TrimPrefix(secure.URL, "https")+"/v1/opamp", "--ca-file", ca); got.code != exitOK {
		t.Fatalf("enrol a third time = %+v", got)
	}
	if kept, _ := filepath.Glob(n.file(fileSettings) + ".bak-*"); len(kept) != 1 || read(t, n.file(fileSettings)) != before {
		t.Errorf("enrolling the same again has changed files: %v", kept)
	}
}

// TestEnrolRefused: each failure says what is wrong and what to do, and changes nothing.
func TestEnrolRefused(t *testing.T) {
	t.Parallel()
	handler := http.NewServeMux()
	handler.HandleFunc("/v1/opamp", controlPlane)
	handler.HandleFunc("/forbidden", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the host is not served", http.StatusForbidden)
	})
	handler.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusFound)
	})
	handler.HandleFunc("/site", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	plain := httptest.NewServer(handler)
	defer plain.Close()
	secure := httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // failed handshakes are what is tested
	secure.StartTLS()
	defer secure.Close()
	dir := t.TempDir()
	ca := write(t, filepath.Join(dir, "ca.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})))
	wrong := write(t, filepath.Join(dir, "wrong"), "olly_this-is-another-token")
	_, port, err := net.SplitHostPort(secure.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ws, wss := "ws"+strings.TrimPrefix(plain.URL, "http"), "wss"+strings.TrimPrefix(secure.URL, "https")

	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no endpoint", nil, exitUsage, "which control plane?"},
		{"a wrong token", []string{"--endpoint", ws + "/v1/opamp", "--token-file", wrong}, exitFailure, "does not take the token"},
		{"no token", []string{"--endpoint", ws + "/v1/opamp", "--token-file", ""}, exitFailure, "wants a token"},
		{"an unknown authority", []string{"--endpoint", wss + "/v1/opamp"}, exitFailure, "--ca-file"},
		{"another name", []string{"--endpoint", "wss://localhost:" + port + "/v1/opamp", "--ca-file", ca}, exitFailure, "for another name"},
		{"TLS to a plain port", []string{"--endpoint", "wss" + strings.TrimPrefix(ws, "ws") + "/v1/opamp"}, exitFailure, "does not speak TLS"},
		{"plain to a TLS port", []string{"--endpoint", "ws" + strings.TrimPrefix(wss, "wss") + "/v1/opamp"}, exitFailure, "speaks TLS: use wss://"},
		{"nobody there", []string{"--endpoint", "ws://127.0.0.1:1/v1/opamp"}, exitFailure, "cannot be reached"},
		{"another path", []string{"--endpoint", ws + "/v2/opamp"}, exitFailure, "has nothing at /v2/opamp"},
		{"a host that is not served", []string{"--endpoint", ws + "/forbidden"}, exitFailure, "the host is not served"},
		{"a redirect", []string{"--endpoint", ws + "/moved"}, exitFailure, "sends one elsewhere"},
		{"a web site", []string{"--endpoint", ws + "/site"}, exitFailure, "not as an OpAMP server does"},
		{"an authority without TLS", []string{"--endpoint", ws + "/v1/opamp", "--ca-file", ca}, exitUsage, "--ca-file is for wss://"},
		{"no authority in the file", []string{"--endpoint", wss + "/v1/opamp", "--ca-file", wrong}, exitFailure, "holds no certificate"},
		{"a bad attribute", []string{"--endpoint", ws + "/v1/opamp", "--attribute", "env"}, exitUsage, "KEY=VALUE"},
		{"a bad name", []string{"--endpoint", ws + "/v1/opamp", "--instance-id", "a/b"}, exitUsage, "instance id"},
		{"an argument", []string{"please"}, exitUsage, "takes no arguments"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNode(t)
			got := n.enrol(t, c.args...)
			if got.code != c.code {
				t.Errorf("exit code = %d, want %d", got.code, c.code)
			}
			wantText(t, "stderr", got.stderr, c.want)
			if strings.Contains(got.stdout+got.stderr, testToken) {
				t.Error("the token is printed")
			}
			if files, _ := os.ReadDir(n.file(configDir)); len(files) != 0 {
				t.Errorf("files were written: %v", files)
			}
		})
	}
}

func TestEnrolUnchecked(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	got := n.enrol(t, "--endpoint", "ws://fleet.invalid:4320/v1/opamp", "--no-check")
	if got.code != exitOK {
		t.Fatalf("enrol --no-check = %+v", got)
	}
	wantText(t, "stderr", got.stderr, "not encrypted")
	wantText(t, "stdout", got.stdout, "systemctl --root="+n.root+" enable")
}
