//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTokenMode: the first start leaves an admin and an enrolment token; with them
// a client and an agent come in, without them nobody does.
func TestTokenMode(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{Settings: "auth: {mode: token}"})
	s.token = tokenFile(t, s, "admin")
	enrolment := tokenFile(t, s, "enrol")

	stranger := &client{base: s.base, http: s.http}
	for _, path := range []string{"/api/v1/agents", "/api/v1/fleet/status", "/metrics", "/api/v1/openapi.json"} {
		stranger.must(t, http.StatusUnauthorized, http.MethodGet, path, nil, nil)
		s.must(t, http.StatusOK, http.MethodGet, path, nil, nil)
	}
	// An agent's token is for agents: whoever holds it drives nothing.
	enrolled := &client{base: s.base, http: s.http, token: enrolment}
	enrolled.must(t, http.StatusForbidden, http.MethodGet, "/api/v1/agents", nil, nil)

	refused := startSupervisor(t, s, "edge-refused", supervisorOptions{Token: "ollystack-wrong"})
	welcome := startSupervisor(t, s, "edge-welcome", supervisorOptions{Token: enrolment})
	s.joins(t, welcome)
	eventually(t, joinTime, "the server refuses the wrong token", func() error {
		return contains(refused.process.log, "401")
	})
	if a, err := s.agent("edge-refused"); err == nil {
		t.Errorf("GET agent that was refused = %+v, want 404", a)
	}

	// What the log tells is not what the files keep.
	log, err := os.ReadFile(s.process.log)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{s.token, enrolment} {
		if strings.Contains(string(log), secret) {
			t.Errorf("the server's log shows a token")
		}
	}

	s.stop(t)
	s.start(t)
	s.waitAgent(t, "edge-welcome", 60*time.Second, "is back", func(a agent) bool {
		return a.Connected && a.Status == "healthy"
	})
}

// tokenFile reads the token that the first start left for a role, and checks that
// nobody else can.
func tokenFile(t *testing.T, s *server, role string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.dataDir(), "*"+role+"*"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("files for role %s in the data directory = %v, %v; want one", role, paths, err)
	}
	info, err := os.Stat(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode of %s = %v, want 0600", paths[0], info.Mode().Perm())
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
