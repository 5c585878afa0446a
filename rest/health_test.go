package rest_test

import (
	"net/http"
	"testing"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/rest"
)

func TestHealth(t *testing.T) {
	for name, c := range map[string]struct {
		storage, redis fleet.CheckStatus
		whole          string
		status         int
	}{
		"all well":               {fleet.CheckOK, fleet.CheckOK, "ok", 200},
		"no Redis configured":    {fleet.CheckOK, fleet.CheckDisabled, "ok", 200},
		"Redis is away":          {fleet.CheckOK, fleet.CheckDegraded, "degraded", 200},
		"the store cannot write": {fleet.CheckFailed, fleet.CheckDegraded, "failed", 503},
		"little space":           {fleet.CheckDegraded, fleet.CheckOK, "degraded", 200},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(s *setup) {
				s.rest.Checks = []rest.NamedCheck{check("storage", c.storage), check("redis", c.redis)}
			})
			d := w.do("GET", "/api/v1/health", nil).want(c.status)
			d.is("status", c.whole)
			d.is("version", "1.2.3")
			d.is("checks.storage.status", c.storage)
			d.is("checks.redis.status", c.redis)
		})
	}
}

func TestHealthTellsWhereAgentsConnectAndWhetherThereArePackages(t *testing.T) {
	plain := newWorld(t, func(s *setup) { s.rest.PackagesDir = "" }).do("GET", "/api/v1/health", nil).want(http.StatusOK)
	plain.is("agent_path", "/v1/opamp")
	plain.is("packages", false)
	w, _ := packagesWorld(t, func(s *setup) { s.rest.AgentPath = "/agents-here" })
	own := w.do("GET", "/api/v1/health", nil).want(http.StatusOK)
	own.is("agent_path", "/agents-here")
	own.is("packages", true)
}

func TestHealthWithoutATokenTellsTheStatusAlone(t *testing.T) {
	w := newWorld(t, withTokens, func(s *setup) { s.rest.Checks = []rest.NamedCheck{check("redis", fleet.CheckDegraded)} })
	for name, with := range map[string]option{
		"no token":       func(*http.Request) {},
		"a wrong one":    header("Authorization", "Bearer x"),
		"an agent's one": header("Authorization", "Bearer "+w.newToken(fleet.RoleAgent)),
	} {
		got := w.do("GET", "/api/v1/health", nil, with)
		got.want(http.StatusOK)
		if want := `{"status":"degraded"}` + "\n"; string(got.body) != want {
			t.Errorf("GET /health with %s = %s, want %s", name, got.body, want)
		}
	}
	w.token = w.newToken(fleet.RoleRead)
	w.do("GET", "/api/v1/health", nil).want(http.StatusOK).is("checks.redis.status", "degraded")
}
