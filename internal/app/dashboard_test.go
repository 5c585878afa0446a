package app

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/internal/settings"
)

// TestDashboardAsWired: what a browser gets on the one port, in token mode without a token, and what it does not.
func TestDashboardAsWired(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	s.Auth.Mode = settings.AuthToken
	srv := start(t, s)
	for path, want := range map[string]struct {
		status int
		kind   string
	}{
		"/":               {http.StatusOK, "text/html; charset=utf-8"},
		"/agents/xyz":     {http.StatusOK, "text/html; charset=utf-8"}, // the page's script knows it
		"/assets/none.js": {http.StatusNotFound, "application/problem+json"},
		"/api/v1/nosuch":  {http.StatusNotFound, "application/problem+json"},
		"/api/v1/agents":  {http.StatusUnauthorized, "application/problem+json"},
		"/packages/none":  {http.StatusUnauthorized, "application/problem+json"},
	} {
		res := srv.response(t, path)
		if res.StatusCode != want.status || res.Header.Get("Content-Type") != want.kind {
			t.Errorf("GET %s = %d of type %q, want %d of %q", path, res.StatusCode, res.Header.Get("Content-Type"), want.status, want.kind)
		}
		if csp := res.Header.Get("Content-Security-Policy"); want.status == http.StatusOK && !strings.Contains(csp, "default-src 'self'") {
			t.Errorf("GET %s = Content-Security-Policy %q, want default-src 'self'", path, csp)
		}
	}
	if status, _ := srv.do(t, http.DefaultClient, "http", request{method: "POST", path: "/"}); status != http.StatusMethodNotAllowed {
		t.Errorf("POST / = %d, want 405", status)
	}
	open := start(t, testSettings(t))
	if status, _ := open.do(t, http.DefaultClient, "http", request{path: "/", host: "evil.example"}); status != http.StatusForbidden {
		t.Errorf("GET / of a rebound name in mode none = %d, want 403", status)
	}
}

// response is for what do leaves out.
func (s *server) response(t *testing.T, path string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html,*/*;q=0.8") // as a browser's address bar does
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}
