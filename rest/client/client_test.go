package client_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/rest"
	"github.com/ollystack/control-plane/rest/client"
	"github.com/ollystack/control-plane/storage/mem"
	"github.com/ollystack/control-plane/validate"
)

// serve starts the real API in token mode and returns its address and an admin's token.
func serve(t *testing.T, storage fleet.CheckStatus) (address, token string) {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	m, err := fleet.Open(t.Context(), fleet.Options{Store: mem.New(), Checker: validate.New(), Logger: logger})
	if err != nil {
		t.Fatalf("fleet.Open() = %v", err)
	}
	access, err := rest.NewAccess(rest.AccessOptions{Fleet: m, Mode: rest.AuthToken})
	if err != nil {
		t.Fatalf("NewAccess() = %v", err)
	}
	registry := prometheus.NewRegistry()
	handler, err := rest.New(rest.Options{
		Fleet: m, Access: access, Logger: logger, Registerer: registry, Gatherer: registry, Version: "1.2.3",
		Checks: []rest.NamedCheck{{Name: "storage", Run: func(context.Context) fleet.Check { return fleet.Check{Status: storage} }}},
	})
	if err != nil {
		t.Fatalf("rest.New() = %v", err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.Close()
		if err := m.Close(context.Background()); err != nil {
			t.Errorf("Manager.Close() = %v", err)
		}
	})
	_, text, err := m.CreateToken(t.Context(), "admin", fleet.RoleAdmin)
	if err != nil {
		t.Fatalf("CreateToken() = %v", err)
	}
	return server.Listener.Addr().String(), text
}

func dial(t *testing.T, server, token string) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{Server: server, Token: token})
	if err != nil {
		t.Fatalf("New(%q) = %v", server, err)
	}
	return c
}

type token struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Role  string `json:"role"`
	Token string `json:"token"`
}

func TestTokensByTheClient(t *testing.T) {
	address, admin := serve(t, fleet.CheckOK)
	c := dial(t, address, admin)
	var made token
	if err := c.Do(t.Context(), "POST", "/api/v1/tokens", map[string]string{"name": "ci", "role": "read"}, &made); err != nil {
		t.Fatalf("Do(create) = %v", err)
	}
	var list struct {
		Tokens []token `json:"tokens"`
	}
	if err := c.Do(t.Context(), "GET", "/api/v1/tokens", nil, &list); err != nil || len(list.Tokens) != 2 || list.Tokens[1].Name != "ci" {
		t.Errorf("Do(list) = %v, %+v, want the admin's and ci's", err, list)
	}
	reader := dial(t, "http://"+address+"/", made.Token)
	err := reader.Do(t.Context(), "GET", "/api/v1/tokens", nil, &list)
	if client.StatusOf(err) != http.StatusForbidden || !strings.Contains(err.Error(), "read") {
		t.Errorf("Do(list) with a read token = %v, want 403 that says why", err)
	}
	if err := c.Do(t.Context(), "DELETE", "/api/v1/tokens/"+made.ID, nil, nil); err != nil {
		t.Errorf("Do(revoke) = %v", err)
	}
	if err := reader.Do(t.Context(), "GET", "/api/v1/agents", nil, nil); client.StatusOf(err) != http.StatusUnauthorized {
		t.Errorf("Do() with a revoked token = %v, want 401", err)
	}
}

func TestFindingsAreTold(t *testing.T) {
	address, admin := serve(t, fleet.CheckOK)
	err := dial(t, address, admin).Do(t.Context(), "POST", "/api/v1/configs", map[string]string{"name": "x", "config": "a: ["}, nil)
	if client.StatusOf(err) != http.StatusUnprocessableEntity || !strings.Contains(err.Error(), ": error: ") {
		t.Errorf("Do(a broken configuration) = %v, want 422 with its findings", err)
	}
}

func TestHealthIsReadAlsoWhereItFails(t *testing.T) {
	for storage, want := range map[fleet.CheckStatus]int{fleet.CheckOK: 0, fleet.CheckFailed: http.StatusServiceUnavailable} {
		address, _ := serve(t, storage)
		var health struct {
			Status string `json:"status"`
		}
		err := dial(t, address, "").Do(t.Context(), "GET", "/api/v1/health", nil, &health)
		if client.StatusOf(err) != want || (err != nil) != (want != 0) || health.Status != string(storage) {
			t.Errorf("Do(health) while storage is %s = %v, %+v, want status %d", storage, err, health, want)
		}
	}
}

func TestWhatIsNotTheControlPlane(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = w.Write([]byte("<html>"))
	}))
	defer other.Close()
	c := dial(t, other.URL, "")
	var out any
	if err := c.Do(t.Context(), "GET", "/", nil, &out); err == nil || client.StatusOf(err) != 0 {
		t.Errorf("Do() of a web page = %v, want an error that is not the server's", err)
	}
	if err := c.Do(t.Context(), "GET", "/broken", nil, &out); client.StatusOf(err) != http.StatusBadGateway || err.Error() != "Bad Gateway (502)" {
		t.Errorf("Do() through a broken proxy = %v, want its 502", err)
	}
	other.Close()
	if err := c.Do(t.Context(), "GET", "/", nil, nil); err == nil || client.StatusOf(err) != 0 {
		t.Errorf("Do() of a server that is gone = %v, want an error", err)
	}
}

func TestAddresses(t *testing.T) {
	for server, ok := range map[string]bool{
		"localhost:4320": true, "127.0.0.1:4320": true, "[::1]:4320": true, "https://fleet.example": true, "http://proxy/fleet/": true,
		"": false, "ftp://x": false, "http://": false, "http://user:secret@host": false, "http://host?x=1": false, "http://a b": false,
	} {
		if _, err := client.New(client.Options{Server: server}); (err == nil) != ok {
			t.Errorf("New(%q) = %v, want it accepted: %v", server, err, ok)
		}
	}
}
