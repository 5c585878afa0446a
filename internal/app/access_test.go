package app

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ollystack/control-plane/internal/settings"
)

// TestAccess holds the one port, as it is wired, to the rules: who gets in, on
// the API, on the WebSocket and on OpAMP over plain HTTP.
func TestAccess(t *testing.T) {
	t.Parallel()
	open, closed := testSettings(t), testSettings(t)
	open.AllowedHosts = []string{"fleet.example"}
	closed.Auth.Mode = settings.AuthToken
	servers := map[settings.AuthMode]*server{settings.AuthNone: start(t, open), settings.AuthToken: start(t, closed)}
	admin, agent := servers[settings.AuthToken].token(t, AdminTokenFile), servers[settings.AuthToken].token(t, EnrolmentTokenFile)

	none, token := settings.AuthNone, settings.AuthToken
	for _, c := range []struct {
		name   string
		mode   settings.AuthMode
		host   string
		origin string // "own" is the server's own
		bearer string
		api    int // GET /api/v1/agents
		opamp  int // a WebSocket, and a POST that is no message
	}{
		{"a program", none, "", "", "", 200, 101},
		{"a program with a token that nobody asked for", none, "", "", "whatever", 200, 101},
		{"localhost", none, "localhost:1", "", "", 200, 101},
		{"an IPv6 address", none, "[::1]:4320", "", "", 200, 101},
		{"an allowed name", none, "fleet.example", "", "", 200, 101},
		{"a rebound name", none, "evil.example", "", "", 403, 403},
		{"a rebound name with its own origin", none, "evil.example", "http://evil.example", "", 403, 403},
		{"a page of another origin", none, "", "http://evil.example", "", 403, 403},
		{"a page without an origin", none, "", "null", "", 403, 403},
		{"its own page", none, "", "own", "", 200, 101},
		{"nobody", token, "", "", "", 401, 401},
		{"a wrong token", token, "", "", "olly_wrong", 401, 401},
		{"admin", token, "", "", admin, 200, 401},
		{"an agent", token, "", "", agent, 403, 101},
		{"an agent under any name", token, "any.example", "", agent, 403, 101},
		{"admin from a page of another origin", token, "", "http://evil.example", admin, 403, 403},
		{"an agent from a page of another origin", token, "", "http://evil.example", agent, 403, 403},
	} {
		t.Run(string(c.mode)+": "+c.name, func(t *testing.T) {
			t.Parallel()
			srv := servers[c.mode]
			header := map[string]string{}
			if c.origin == "own" {
				c.origin = srv.url("")
			}
			if c.origin != "" {
				header["Origin"] = c.origin
			}
			if c.bearer != "" {
				header["Authorization"] = "Bearer " + c.bearer
			}
			if got, body := srv.do(t, http.DefaultClient, "http", request{path: "/api/v1/agents", host: c.host, header: header}); got != c.api {
				t.Errorf("GET /api/v1/agents = %d %s, want %d", got, body, c.api)
			}
			upgrade := http.Header{}
			for k, v := range header {
				upgrade.Set(k, v)
			}
			if c.host != "" {
				upgrade.Set("Host", c.host) // the dialler takes it from here
			}
			if _, got := srv.dial(t, upgrade); got != c.opamp {
				t.Errorf("WebSocket handshake = %d, want %d", got, c.opamp)
			}
			poll := c.opamp
			if poll == http.StatusSwitchingProtocols {
				poll = http.StatusBadRequest // let in, and then it is no message
			}
			header["Content-Type"] = "application/x-protobuf"
			if got, body := srv.do(t, http.DefaultClient, "http", request{
				method: http.MethodPost, path: "/v1/opamp", host: c.host, header: header, body: "\xff",
			}); got != poll {
				t.Errorf("POST /v1/opamp = %d %q, want %d", got, body, poll)
			}
		})
	}
}

// TestTokenMode: what the first start leaves, and what is open without a token.
func TestTokenMode(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	s.Auth.Mode = settings.AuthToken
	srv := start(t, s)
	admin := srv.token(t, AdminTokenFile)
	for _, file := range []string{AdminTokenFile, EnrolmentTokenFile} {
		if info, err := os.Stat(filepath.Join(s.DataDir, file)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("Stat(%s) = %v, %v; want mode 0600", file, info.Mode(), err)
		}
	}
	if status, body := srv.get(t, "/api/v1/health"); status != http.StatusOK || strings.TrimSpace(body) != `{"status":"ok"}` {
		t.Errorf("GET /api/v1/health without a token = %d %s, want the status alone", status, body)
	}
	for _, path := range []string{"/metrics", "/api/v1/openapi.json", "/api/v1/fleet/status", "/api/v1/nosuch"} {
		if status, _ := srv.get(t, path); status != http.StatusUnauthorized && path != "/api/v1/nosuch" {
			t.Errorf("GET %s without a token = %d, want 401", path, status)
		}
	}
	if !strings.Contains(srv.log.String(), "travel unencrypted") {
		t.Error("the log does not warn of tokens without TLS")
	}
	if err := srv.stop(); err != nil {
		t.Fatalf("Run = %v, want nil", err)
	}
	for _, text := range []string{srv.log.String(), srv.stdout.String()} {
		if strings.Contains(text, admin) || strings.Contains(text, srv.token(t, EnrolmentTokenFile)) {
			t.Error("a token's text is told")
		}
	}
	store, err := os.ReadFile(StoreFile(s.DataDir))
	if err != nil || strings.Contains(string(store), admin) {
		t.Errorf("the store holds a token's text (%v)", err)
	}

	again := start(t, s)
	if got := again.token(t, AdminTokenFile); got != admin {
		t.Error("the second start made another admin token")
	}
	if status, _ := again.do(t, http.DefaultClient, "http", request{
		path: "/api/v1/agents", header: map[string]string{"Authorization": "Bearer " + admin},
	}); status != http.StatusOK {
		t.Errorf("GET /api/v1/agents with the first token after a restart = %d, want 200", status)
	}
	if !strings.Contains(again.log.String(), "travel unencrypted") {
		t.Error("the second start does not warn of tokens without TLS")
	}
}

// TestRevokedToken: an agent's connection ends with the token that it was made with, and is not made again.
func TestRevokedToken(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	s.Auth.Mode = settings.AuthToken
	srv := start(t, s)
	bearer := func(text string) map[string]string { return map[string]string{"Authorization": "Bearer " + text} }
	admin := bearer(srv.token(t, AdminTokenFile))
	enrolment := http.Header{"Authorization": {"Bearer " + srv.token(t, EnrolmentTokenFile)}}
	ws, status := srv.dial(t, enrolment)
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("WebSocket handshake = %d, want 101", status)
	}
	var list struct{ Tokens []struct{ ID, Role string } }
	_, body := srv.do(t, http.DefaultClient, "http", request{path: "/api/v1/tokens", header: admin})
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	for _, token := range list.Tokens {
		if token.Role != "agent" {
			continue
		}
		if status, body := srv.do(t, http.DefaultClient, "http", request{
			method: http.MethodDelete, path: "/api/v1/tokens/" + token.ID, header: admin,
		}); status != http.StatusNoContent {
			t.Fatalf("DELETE of the token = %d %s, want 204", status, body)
		}
	}
	_ = ws.SetReadDeadline(time.Now().Add(time.Minute))
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
		t.Errorf("the connection ended with %v, want 1008", err)
	}
	if _, status := srv.dial(t, enrolment); status != http.StatusUnauthorized {
		t.Errorf("WebSocket handshake with the revoked token = %d, want 401", status)
	}
}

// TestOpenToTheWorld: a server without tokens on every address says so each time.
func TestOpenToTheWorld(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	s.Listen, s.Auth.Mode = "0.0.0.0:0", settings.AuthNone
	for range 2 {
		srv := start(t, s)
		if !strings.Contains(srv.log.String(), "may read and change everything") {
			t.Errorf("the log does not warn:\n%s", srv.log)
		}
		if err := srv.stop(); err != nil {
			t.Fatalf("Run = %v, want nil", err)
		}
	}
}
