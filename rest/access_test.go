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
		for _, path := range []string{"/api/v1/fleet/status", "/api/v1/health", "/metrics", "/", "/nothing"} {
			status := want
			if path == "/nothing" && want == 200 {
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

func TestProtectGuardsAnotherPath(t *testing.T) {
	w := newWorld(t, withTokens)
	var caller fleet.Caller
	next := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		caller, _ = fleet.CallerFrom(r.Context())
		rw.WriteHeader(http.StatusTeapot)
	})
	guarded := w.access.Protect(fleet.ActionConnect, next)
	ask := func(options ...option) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "http://fleet.example:4320/v1/opamp", nil)
		for _, o := range options {
			o(r)
		}
		rec := httptest.NewRecorder()
		guarded.ServeHTTP(rec, r)
		return rec
	}
	agent := header("Authorization", "Bearer "+w.newToken(fleet.RoleAgent))
	for name, c := range map[string]struct {
		options []option
		want    int
	}{
		"an agent's token": {[]option{agent}, http.StatusTeapot},
		"none":             {nil, http.StatusUnauthorized},
		"a wrong one":      {[]option{header("Authorization", "Bearer x")}, http.StatusUnauthorized},
		"an admin's":       {[]option{header("Authorization", "Bearer "+w.newToken(fleet.RoleAdmin))}, http.StatusForbidden},
		"a foreign page":   {[]option{agent, header("Origin", "http://evil.example")}, http.StatusForbidden},
	} {
		caller = fleet.Caller{}
		rec := ask(c.options...)
		if rec.Code != c.want {
			t.Errorf("Protect() with %s = %d %s, want %d", name, rec.Code, rec.Body, c.want)
		}
		if rec.Code != http.StatusTeapot && rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("Protect() with %s answers %q, want a problem", name, rec.Header().Get("Content-Type"))
		}
		if passed := caller.Role == fleet.RoleAgent; passed != (c.want == http.StatusTeapot) {
			t.Errorf("Protect() with %s hands on %+v", name, caller)
		}
	}
	if rec := ask(); rec.Header().Get("WWW-Authenticate") == "" || rec.Header().Get("X-Request-Id") == "" {
		t.Errorf("Protect() without a token = headers %v, want WWW-Authenticate and X-Request-Id", rec.Header())
	}
}

func TestAuthorizeTellsMissingFromForbidden(t *testing.T) {
	w := newWorld(t, withTokens)
	r := httptest.NewRequest("GET", "/v1/opamp", nil)
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
