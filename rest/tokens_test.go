package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func TestTokenLifecycle(t *testing.T) {
	w := newWorld(t, withTokens)
	w.token = w.newToken(fleet.RoleAdmin)
	made := w.do("POST", "/api/v1/tokens", map[string]any{"name": "prometheus", "role": "read"})
	d := made.want(http.StatusCreated)
	text, path := d.text("token"), "/api/v1/tokens/"+d.text("id")
	if got := made.header.Get("Location"); got != path {
		t.Errorf("POST /tokens = Location %q, want %q", got, path)
	}
	if got := made.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("POST /tokens = Cache-Control %q, want no-store: it holds a secret", got)
	}
	w.do("GET", path, nil).want(http.StatusOK).is("name", "prometheus")
	list := w.do("GET", "/api/v1/tokens", nil)
	list.want(http.StatusOK).find("tokens", "name", "prometheus").is("role", "read")
	if strings.Contains(string(list.body), text) || strings.Contains(string(list.body), "hash") {
		t.Errorf("GET /tokens = %s, want neither texts nor hashes", list.body)
	}

	bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+text) }
	w.do("GET", "/metrics", nil, bearer).want(http.StatusOK)
	w.do("POST", "/api/v1/tokens", map[string]any{"name": "more", "role": "admin"}, bearer).problem(http.StatusForbidden, "read")
	w.do("DELETE", path, nil, bearer).problem(http.StatusForbidden)

	w.do("DELETE", path, nil).want(http.StatusNoContent)
	w.do("GET", "/metrics", nil, bearer).problem(http.StatusUnauthorized)
	w.do("DELETE", path, nil).problem(http.StatusNotFound)

	w.do("POST", "/api/v1/tokens", map[string]any{"name": "x", "role": "root"}).problem(http.StatusBadRequest, "root")
	w.do("POST", "/api/v1/tokens", map[string]any{"name": "", "role": "read"}).problem(http.StatusBadRequest, "name")
}
