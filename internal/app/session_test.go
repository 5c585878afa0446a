package app

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/internal/settings"
)

// TestSession: the cookie on the one port, as it is wired, and what a restart makes of it.
func TestSession(t *testing.T) {
	t.Parallel()
	s := testSettings(t)
	s.Auth.Mode = settings.AuthToken
	srv := start(t, s)
	admin := srv.token(t, AdminTokenFile)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	ask := func(srv *server, method, path, body string) int {
		t.Helper()
		status, _ := srv.do(t, browser, "http", request{method: method, path: path, body: body, header: map[string]string{
			"Origin": srv.url(""), "Content-Type": "application/json",
		}})
		return status
	}
	if got := ask(srv, "POST", "/api/v1/session", `{"token":"`+admin+`"}`); got != http.StatusOK {
		t.Fatalf("POST /api/v1/session = %d, want 200", got)
	}
	if got := ask(srv, "GET", "/api/v1/agents", ""); got != http.StatusOK {
		t.Errorf("GET /api/v1/agents by cookie = %d, want 200", got)
	}
	// OpAMP is not spoken by cookie, the less so by an operator's.
	if got := ask(srv, "POST", "/v1/opamp", ""); got != http.StatusUnauthorized {
		t.Errorf("POST /v1/opamp by cookie = %d, want 401", got)
	}
	if !strings.Contains(srv.log.String(), "signed in") {
		t.Error("the log does not tell of the sign-in")
	}
	own, err := url.Parse(srv.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range jar.Cookies(own) {
		if strings.Contains(srv.log.String(), c.Value) {
			t.Error("the log holds the id of a session")
		}
	}
	if strings.Contains(srv.log.String(), admin) {
		t.Error("the log holds the token that was signed in with")
	}
	if err := srv.stop(); err != nil {
		t.Fatalf("Run = %v, want nil", err)
	}
	if got := ask(start(t, s), "GET", "/api/v1/session", ""); got != http.StatusUnauthorized {
		t.Errorf("GET /api/v1/session by a cookie of the run before = %d, want 401", got)
	}
}
