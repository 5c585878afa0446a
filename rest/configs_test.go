package rest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func TestConfigLifecycle(t *testing.T) {
	w := newWorld(t)
	sent := map[string]any{
		"name": "production-config", "description": "Production collector configuration", "config": goodConfig(1),
		"labels": map[string]any{"environment": "production"}, "selector": "env=production", "priority": 10,
	}
	created := w.do("POST", "/api/v1/configs", sent)
	d := created.want(http.StatusCreated)
	path := "/api/v1/configs/" + d.text("id")
	if got := created.header.Get("Location"); got != path {
		t.Errorf("POST = Location %q, want %q", got, path)
	}
	for field, want := range sent {
		d.is(field, want)
	}
	d.is("version", 1)
	d.is("agents.total", 0)

	byID, byName := w.do("GET", path, nil), w.do("GET", "/api/v1/configs/production-config", nil)
	if string(byID.body) != string(byName.body) || string(byID.body) != string(created.body) {
		t.Errorf("GET by id, by name and the answer to POST = %s, %s, %s, want them equal", byID.body, byName.body, created.body)
	}

	// In lists the body is left out.
	item := w.do("GET", "/api/v1/configs", nil).want(http.StatusOK).list("configs")[0]
	item.is("name", "production-config")
	item.is("config", nil)

	// The name is taken.
	w.do("POST", "/api/v1/configs", sent).problem(http.StatusConflict, "production-config")

	// What was read can be written back: what only the server writes is ignored.
	same := w.do("PUT", path, byID.body).want(http.StatusOK)
	same.is("version", 1)
	same.is("hash", d.text("hash"))
	same.is("created_at", d.text("created_at"))

	// A body that differs in a byte is the next version.
	sent["config"] = goodConfig(1) + "\n"
	w.do("PUT", path, sent).want(http.StatusOK).is("version", 2)

	// A field left out goes back to its default, and the name may change.
	replaced := w.do("PUT", path, map[string]any{"name": "renamed", "config": goodConfig(2)}).want(http.StatusOK)
	for field, want := range map[string]any{
		"name": "renamed", "description": "", "labels": map[string]any{}, "selector": "", "priority": 0, "version": 3,
	} {
		replaced.is(field, want)
	}
	w.do("GET", "/api/v1/configs/production-config", nil).problem(http.StatusNotFound, "production-config")

	if got := w.do("DELETE", path, nil); got.status != http.StatusNoContent || len(got.body) != 0 {
		t.Errorf("DELETE = %d %q, want 204 and nothing", got.status, got.body)
	}
	w.do("GET", path, nil).problem(http.StatusNotFound)
	w.do("DELETE", path, nil).problem(http.StatusNotFound)
}

func TestRefusedReplacementChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.create(map[string]any{"name": "a"})
	w.create(map[string]any{"name": "b"})
	before := w.do("GET", "/api/v1/configs/a", nil)
	w.do("PUT", "/api/v1/configs/a", map[string]any{"name": "a", "config": "receivers: ["}).want(http.StatusUnprocessableEntity)
	w.do("PUT", "/api/v1/configs/a", map[string]any{"name": "b", "config": goodConfig(1)}).problem(http.StatusConflict, `"b"`)
	w.do("PUT", "/api/v1/configs/a", map[string]any{"name": "a", "config": goodConfig(1), "selector": "((("}).problem(http.StatusUnprocessableEntity)
	if after := w.do("GET", "/api/v1/configs/a", nil); string(after.body) != string(before.body) || after.etag() != before.etag() {
		t.Errorf("GET after refused PUTs = %s, want what it was: %s", after.body, before.body)
	}
}

func TestConfigAsYAML(t *testing.T) {
	w := newWorld(t)
	body := "# a comment that stays\r\n" + goodConfig(1)
	query := url.Values{
		"name": {"from-yaml"}, "description": {"as it is"}, "selector": {"env=production,tier notin (a, b)"}, "priority": {"-3"},
		"label": {"team=edge", "url=http://x/?a=b"},
	}
	for _, contentType := range []string{"application/yaml", "application/x-yaml", "text/yaml; charset=UTF-8"} {
		d := w.do("POST", "/api/v1/configs?"+query.Encode(), body, ofType(contentType)).want(http.StatusCreated)
		d.is("config", body)
		d.is("description", "as it is")
		d.is("selector", "env=production,tier notin (a, b)")
		d.is("priority", -3)
		d.is("labels", map[string]any{"team": "edge", "url": "http://x/?a=b"})
		w.do("DELETE", "/api/v1/configs/from-yaml", nil).want(http.StatusNoContent)
	}
	w.create(map[string]any{"name": "from-yaml", "description": "goes away"})
	d := w.do("PUT", "/api/v1/configs/from-yaml?name=from-yaml&label=a=", goodConfig(2), ofType("application/yaml")).want(http.StatusOK)
	d.is("config", goodConfig(2))
	d.is("description", "")
	d.is("labels", map[string]any{"a": ""})

	post := func(query string) answer {
		return w.do("POST", "/api/v1/configs?"+query, body, ofType("application/yaml"))
	}
	post("name=x&label=noequals").problem(http.StatusBadRequest, "label")
	post("name=x&label=a=1&label=a=2").problem(http.StatusBadRequest, "label", `"a"`)
	post("name=x&priority=high").problem(http.StatusBadRequest, "priority")
	post("name=x&name=y").problem(http.StatusBadRequest, "name")
	w.do("POST", "/api/v1/configs?name=x", map[string]any{"config": body}).problem(http.StatusBadRequest, `"name"`, "YAML")
}

func TestConfigListFiltersAndOrders(t *testing.T) {
	w := newWorld(t)
	w.create(map[string]any{"name": "alpha", "labels": map[string]any{"env": "production"}, "priority": 2})
	w.create(map[string]any{"name": "beta", "labels": map[string]any{"env": "staging"}, "priority": 10, "description": "The ALPHA of its kind"})
	w.create(map[string]any{"name": "gamma", "priority": -1})
	for query, want := range map[string]string{
		"":                                "alpha beta gamma",
		"?q=alpha":                        "alpha beta",
		"?selector=env%3Dproduction":      "alpha",
		"?selector=env":                   "alpha beta",
		"?selector=!env":                  "gamma",
		"?q=alpha&selector=env%3Dstaging": "beta",
		"?order_by=name+desc":             "gamma beta alpha",
		"?order_by=priority":              "gamma alpha beta",
		"?order_by=created_at+desc":       "gamma beta alpha",
		"?q=nothing":                      "",
	} {
		d := w.do("GET", "/api/v1/configs"+query, nil).want(http.StatusOK)
		if got := strings.Join(d.texts("configs", "name"), " "); got != want {
			t.Errorf("GET /configs%s = %q, want %q", query, got, want)
		}
	}
}

func TestConfigCalledValidateCanBeReached(t *testing.T) {
	w := newWorld(t)
	w.create(map[string]any{"name": "validate"})
	w.do("GET", "/api/v1/configs/validate", nil).want(http.StatusOK).is("name", "validate")
}

func TestValidateStoresNothing(t *testing.T) {
	w := newWorld(t)
	bad := "receivers:\n  otlp:\n  otlp:\n"
	d := w.do("POST", "/api/v1/configs/validate", map[string]any{"config": bad}).want(http.StatusOK)
	d.is("valid", false)
	refused := w.do("POST", "/api/v1/configs", map[string]any{"name": "x", "config": bad}).want(http.StatusUnprocessableEntity)
	if fmt.Sprint(d.at("findings")) != fmt.Sprint(refused.at("errors")) {
		t.Errorf("POST validate = %v, want the findings of storing: %v", d.at("findings"), refused.at("errors"))
	}
	d = w.do("POST", "/api/v1/configs/validate", goodConfig(1), ofType("text/yaml")).want(http.StatusOK)
	d.is("valid", true)
	d.is("findings", []any{})
	// The document that would be posted can be tried as it is.
	w.do("POST", "/api/v1/configs/validate", map[string]any{"name": "x", "priority": 1, "config": goodConfig(1)}).want(http.StatusOK).is("valid", true)
	w.do("GET", "/api/v1/configs", nil).want(http.StatusOK).is("total_size", 0)
}

func TestGuardNeedsConfirmation(t *testing.T) {
	w := newWorld(t) // the guard is at 3
	for n := range 5 {
		w.connect(n)
	}
	spec := map[string]any{"name": "everybody", "config": goodConfig(1), "selector": "service.name=otelcol-contrib"}
	w.do("POST", "/api/v1/configs", spec).problem(http.StatusConflict, "5", "confirm_agents")
	w.do("POST", "/api/v1/configs?confirm_agents=4", spec).problem(http.StatusConflict, "5")
	w.do("POST", "/api/v1/configs?confirm_agents=5", spec).want(http.StatusCreated).is("agents.total", 5)

	spec["config"] = goodConfig(2)
	w.do("PUT", "/api/v1/configs/everybody", spec).problem(http.StatusConflict, "5")
	w.do("PUT", "/api/v1/configs/everybody?confirm_agents=100", spec).want(http.StatusOK).is("version", 2)
	w.do("POST", "/api/v1/configs/everybody/rollback", map[string]any{"version": 1}).problem(http.StatusConflict, "5")
	w.do("POST", "/api/v1/configs/everybody/rollback?confirm_agents=5", map[string]any{"version": 1}).want(http.StatusOK).is("version", 3)

	// What reaches few needs none.
	w.do("POST", "/api/v1/configs", map[string]any{"name": "one", "config": goodConfig(3), "selector": "host.name=host-1", "priority": 1}).
		want(http.StatusCreated).is("agents.total", 1)
}

func TestDeleteWhileAgentsDependOnIt(t *testing.T) {
	w := newWorld(t)
	assigned, taken := w.connect(1), w.connect(2)
	w.create(map[string]any{"name": "used", "selector": "host.name=host-2"})
	w.do("PUT", assigned.path("/config"), map[string]any{"config_id": "used"}).want(http.StatusOK)
	w.do("DELETE", "/api/v1/configs/used", nil).problem(http.StatusConflict, "1 agents", "detach")
	w.do("DELETE", "/api/v1/configs/used?detach=false", nil).problem(http.StatusConflict)
	w.do("DELETE", "/api/v1/configs/used?detach=true", nil).want(http.StatusNoContent)
	for _, a := range []*simulated{assigned, taken} {
		d := w.do("GET", a.path(""), nil).want(http.StatusOK)
		d.is("config.status", "unassigned")
		d.is("config.source", "none")
	}
}

func TestAgentsOfAConfig(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		w.connect(n)
	}
	w.create(map[string]any{"name": "some", "selector": "host.name in (host-0,host-2)"})
	d := w.do("GET", "/api/v1/configs/some/agents?order_by=name+desc", nil).want(http.StatusOK)
	if got := strings.Join(d.texts("agents", "name"), " "); got != "host-2 host-0" {
		t.Errorf("GET /configs/some/agents = %q, want host-2 host-0", got)
	}
	d = w.do("GET", "/api/v1/configs/some/agents?page_size=1", nil).want(http.StatusOK)
	d.is("total_size", 2)
	d = w.do("GET", "/api/v1/configs/some/agents?page_size=1&page_token="+d.text("next_page_token"), nil).want(http.StatusOK)
	if got := strings.Join(d.texts("agents", "name"), " "); got != "host-2" {
		t.Errorf("second page of GET /configs/some/agents = %q, want host-2", got)
	}
}

func TestCountsFollowTheAgents(t *testing.T) {
	w := newWorld(t)
	applied, failed, applying := w.connect(1), w.connect(2), w.connect(3)
	w.connect(4, func(r *fleet.Report) { r.Capabilities = fleet.ReportsStatus })
	w.create(map[string]any{"name": "all", "selector": "service.name"})
	applied.apply(fleet.RemoteConfigApplied, "")
	failed.apply(fleet.RemoteConfigFailed, "no such host")
	applying.apply(fleet.RemoteConfigApplying, "")
	d := w.do("GET", "/api/v1/configs/all", nil).want(http.StatusOK)
	for field, want := range map[string]int{"total": 4, "applied": 1, "failed": 1, "applying": 1, "pending": 0, "unsupported": 1} {
		d.is("agents."+field, want)
	}
}

func TestCreateOnce(t *testing.T) {
	w := newWorld(t)
	sent := map[string]any{"name": "gateway", "config": goodConfig(1)}
	created := w.do("POST", "/api/v1/configs?once=true", sent)
	created.want(http.StatusCreated).is("name", "gateway")
	if created.header.Get("Location") == "" || created.etag() == "" {
		t.Errorf("POST with once = %v, want a Location and an ETag", created.header)
	}
	nothing := func() {
		t.Helper()
		if got := w.do("POST", "/api/v1/configs?once=true", sent); got.status != http.StatusNoContent || len(got.body) != 0 {
			t.Errorf("POST with once again = %d %q, want 204 and nothing", got.status, got.body)
		}
	}
	nothing()
	w.do("DELETE", "/api/v1/configs/gateway", nil)
	nothing()
	w.do("GET", "/api/v1/configs/gateway", nil).problem(http.StatusNotFound)

	// Without it, or with once=false, an operator may have the name back.
	w.do("POST", "/api/v1/configs?once=maybe", sent).problem(http.StatusBadRequest, "once")
	w.do("POST", "/api/v1/configs?once=false", sent).want(http.StatusCreated)
}
