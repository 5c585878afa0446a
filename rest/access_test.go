package rest_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/rest"
)

func TestHostInModeNone(t *testing.T) {
	allow := func(s *setup) { s.access.AllowedHosts = []string{"Fleet.example.com", "other.example.com:8443"} }
	w := newWorld(t, allow)
	for name, want := range map[string]int{
		"127.0.0.1":                         200,
		"127.0.0.1:4320":                    200,
		"192.168.1.20:80":                   200,
		"[::1]:4320":                        200,
		"[::1]":                             200,
		"[fe80::1%25eth0]:4320":             200,
		"localhost":                         200,
		"LOCALHOST:4320":                    200,
		"fleet.example.com":                 200,
		"FLEET.EXAMPLE.COM:4320":            200,
		"other.example.com":                 200,
		"evil.example":                      403, // a rebound name
		"evil.example:4320":                 403,
		"127.0.0.1.evil.example":            403,
		"localhost.evil.example":            403,
		"a.fleet.example.com":               403,
		"[evil.example]:4320":               403,
		"[127.0.0.1]:4320":                  403,
		"0x7f000001":                        403,
		"2130706433":                        403,
		"localhost:4320:4320":               403,
		"::1":                               403,
		"fleet.example.com.evil.example:80": 403,
	} {
		for _, path := range []string{"/api/v1/fleet/status", "/api/v1/health", "/metrics", "/", "/agents/x", "/nothing.js"} {
			status := want
			if path == "/nothing.js" && want == 200 {
				status = 404
			}
			got := w.do("GET", path, nil, host(name))
			if got.status != status {
				t.Errorf("GET %s with Host %q = %d, want %d", path, name, got.status, status)
			}
		}
	}
	w.do("GET", "/api/v1/agents", nil, host("evil.example")).problem(http.StatusForbidden, "evil.example", "allowed_hosts")
}

func TestHostIsAnyInModeToken(t *testing.T) {
	w := newWorld(t, withTokens)
	w.token = w.newToken(fleet.RoleRead)
	w.do("GET", "/api/v1/agents", nil, host("any.example:4320")).want(http.StatusOK)
}

func TestForeignOriginIsRefusedInEitherMode(t *testing.T) {
	cases := []struct {
		origin, host, proto string
		want                int
	}{
		{"http://localhost:4320", "localhost:4320", "", 200},
		{"http://LOCALHOST:4320", "localhost:4320", "", 200},
		{"http://127.0.0.1:4320", "127.0.0.1:4320", "", 200},
		{"http://localhost", "localhost:80", "", 200},
		{"http://localhost:80", "localhost", "", 200},
		{"http://[::1]:4320", "[::1]:4320", "", 200},
		{"https://localhost", "localhost", "https", 200}, // behind a proxy that took TLS off
		{"https://localhost:443", "localhost", "https", 200},
		{"http://localhost", "localhost", "https", 403},
		{"https://localhost:4320", "localhost:4320", "", 403},
		{"http://localhost:4321", "localhost:4320", "", 403},
		{"http://127.0.0.1:4320", "localhost:4320", "", 403},
		{"http://evil.example", "localhost:4320", "", 403},
		{"http://localhost:4320.evil.example", "localhost:4320", "", 403},
		{"http://evil.example@localhost:4320", "localhost:4320", "", 403},
		{"http://localhost:4320/", "localhost:4320", "", 403},
		{"localhost:4320", "localhost:4320", "", 403},
		{"file://", "localhost:4320", "", 403},
		{"null", "localhost:4320", "", 403},
		{"", "localhost:4320", "", 403},
		{"chrome-extension://abcdef", "localhost:4320", "", 403},
	}
	for mode, tokens := range map[string]func(*setup){"none": func(*setup) {}, "token": withTokens} {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t, tokens)
			w.token = w.newToken(fleet.RoleAdmin)
			for _, c := range cases {
				options := []option{host(c.host), header("Origin", c.origin)}
				if c.proto != "" {
					options = append(options, header("X-Forwarded-Proto", c.proto))
				}
				for _, path := range []string{"/api/v1/agents", "/api/v1/health", "/metrics", "/"} {
					if got := w.do("GET", path, nil, options...); got.status != c.want {
						t.Errorf("GET %s with Origin %q at Host %q, %q = %d, want %d", path, c.origin, c.host, c.proto, got.status, c.want)
					}
				}
			}
			// A preflight is no way around.
			w.do("OPTIONS", "/api/v1/configs", nil, header("Origin", "http://evil.example"), header("Access-Control-Request-Method", "POST")).
				problem(http.StatusForbidden, "evil.example")
			twice := func(r *http.Request) { r.Header["Origin"] = []string{w.server.URL, w.server.URL} }
			w.do("GET", "/api/v1/agents", nil, twice).problem(http.StatusForbidden)
		})
	}
}

func TestOriginOverTLS(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.tls = true })
	w.do("GET", "/api/v1/agents", nil, header("Origin", w.server.URL)).want(http.StatusOK)
	plain := strings.Replace(w.server.URL, "https:", "http:", 1)
	w.do("GET", "/api/v1/agents", nil, header("Origin", plain)).problem(http.StatusForbidden)
}

func TestNothingIsChangedByAForeignPage(t *testing.T) {
	w := newWorld(t)
	body := map[string]any{"name": "evil", "config": goodConfig(1)}
	w.do("POST", "/api/v1/configs", body, header("Origin", "http://evil.example")).problem(http.StatusForbidden)
	w.do("POST", "/api/v1/configs", body, host("evil.example")).problem(http.StatusForbidden)
	w.do("GET", "/api/v1/configs", nil).want(http.StatusOK).is("total_size", 0)
}

func TestBearerForms(t *testing.T) {
	w := newWorld(t, withTokens)
	text := w.newToken(fleet.RoleRead)
	for value, want := range map[string]int{
		"Bearer " + text: 200, "bearer " + text: 200, "BEARER  " + text: 200,
		text: 401, "Bearer" + text: 401, "Token " + text: 401, "Bearer " + text + "x": 401,
	} {
		if got := w.do("GET", "/api/v1/agents", nil, header("Authorization", value)); got.status != want {
			t.Errorf("GET with Authorization %q... = %d, want %d", value[:6], got.status, want)
		}
	}
}

func TestAuthorizeTellsMissingFromForbidden(t *testing.T) {
	w := newWorld(t, withTokens)
	r := httptest.NewRequest(http.MethodGet, "/v1/opamp", nil)
	if _, err := w.access.Authorize(r, fleet.ActionConnect); !rest.IsUnauthenticated(err) {
		t.Errorf("Authorize(no token) = %v, want one that IsUnauthenticated", err)
	}
	r.Header.Set("Authorization", "Bearer "+w.newToken(fleet.RoleRead))
	_, err := w.access.Authorize(r, fleet.ActionConnect)
	if rest.IsUnauthenticated(err) || fleet.KindOf(err) != fleet.Forbidden {
		t.Errorf("Authorize(a reader connects) = %v, want Forbidden", err)
	}
	if rest.IsUnauthenticated(errors.New("x")) || rest.IsUnauthenticated(nil) {
		t.Error("IsUnauthenticated() = true for an error that is not, want false")
	}
	if caller, err := w.access.Authorize(r, fleet.ActionRead); err != nil || caller.Role != fleet.RoleRead || caller.TokenID == "" {
		t.Errorf("Authorize(a reader reads) = %+v, %v, want the caller", caller, err)
	}
}
