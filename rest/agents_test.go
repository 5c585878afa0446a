package rest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

func TestAgentIsFoundByItsNames(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1)
	w.connect(2)
	odd := w.connect(3, func(r *fleet.Report) {
		r.Description.NonIdentifying = fleet.NewAttributes([]fleet.Attribute{{Key: "host.name", Value: "rack 4/50%"}})
	})
	for ref, uid := range map[string]fleet.InstanceUID{
		a.uid.String(): a.uid, strings.ReplaceAll(a.uid.String(), "-", ""): a.uid, strings.ToUpper(a.uid.String()): a.uid,
		"instance-1": a.uid, "host-1": a.uid, "rack 4/50%": odd.uid,
	} {
		w.do("GET", "/api/v1/agents/"+url.PathEscape(ref), nil).want(http.StatusOK).is("id", uid.String())
	}
	w.do("GET", "/api/v1/agents/host-9", nil).problem(http.StatusNotFound, "host-9")

	// One name for two is a conflict that names them, on every route.
	w.do("PATCH", "/api/v1/agents/host-2", map[string]any{"labels": map[string]any{"name": "host-1"}}).want(http.StatusOK).is("name", "host-1")
	for _, op := range operations(t) {
		method, template, _ := strings.Cut(op, " ")
		if !strings.HasPrefix(template, "/api/v1/agents/{id}") {
			continue
		}
		var body any
		switch op {
		case "PATCH /api/v1/agents/{id}":
			body = map[string]any{"labels": map[string]any{"a": "b"}}
		case "PUT /api/v1/agents/{id}/config":
			body = map[string]any{"config_id": "x"}
		}
		w.do(method, strings.Replace(template, "{id}", "host-1", 1), body).problem(http.StatusConflict, uidOf(1).String(), uidOf(2).String())
	}
}

func TestAgentListLeavesTheTreesOut(t *testing.T) {
	w := newWorld(t)
	w.connect(1)
	whole := w.do("GET", "/api/v1/agents/host-1", nil).want(http.StatusOK)
	for _, path := range []string{"health.components", "components.receivers", "effective_config.files"} {
		if whole.at(path) == nil {
			t.Errorf("GET /agents/host-1: %s is not there, want it", path)
		}
	}
	item := w.do("GET", "/api/v1/agents", nil).want(http.StatusOK).list("agents")[0]
	for key, want := range whole.value {
		switch key {
		case "components", "health", "effective_config":
		default:
			item.is(key, want)
		}
	}
	item.is("health.status", "StatusOK")
	item.is("effective_config.hash", whole.at("effective_config.hash"))
	for _, path := range []string{"health.components", "components", "effective_config.files"} {
		item.is(path, nil)
	}
}

func TestAgentFilters(t *testing.T) {
	w := newWorld(t)
	w.connect(1)
	w.connect(2, func(r *fleet.Report) { r.Health = &fleet.Health{Healthy: false, LastError: "it hurts"} })
	w.connect(3, func(r *fleet.Report) { r.Health = nil })
	w.connect(4).leave()
	w.do("PATCH", "/api/v1/agents/host-1", map[string]any{"labels": map[string]any{"env": "production", "note": "a b/c"}}).want(http.StatusOK)
	w.do("PATCH", "/api/v1/agents/host-2", map[string]any{"labels": map[string]any{"env": "staging"}}).want(http.StatusOK)
	w.create(map[string]any{"name": "prod", "selector": "env=production"})
	for query, want := range map[string]string{
		"":                                "host-1 host-2 host-3 host-4",
		"status=healthy":                  "host-1",
		"status=healthy,unhealthy":        "host-1 host-2",
		"status=unknown":                  "host-3",
		"status=disconnected":             "host-4",
		"connected=true":                  "host-1 host-2 host-3",
		"connected=false":                 "host-4",
		"selector=env%3Dproduction":       "host-1",
		"selector=env":                    "host-1 host-2",
		"selector=env,host.name%3Dhost-2": "host-2",
		"selector=service.name in (otelcol-contrib,edge),!env": "host-3 host-4",
		"q=HOST-3":                                "host-3",
		"q=-CONTRIB":                              "host-1 host-2 host-3 host-4",
		"q=0.149":                                 "host-1 host-2 host-3 host-4",
		"q=" + uidOf(2).String():                  "host-2",
		"q=nothing like it":                       "",
		"config_id=prod":                          "host-1",
		"config_id=none":                          "",
		"config_status=pending":                   "host-1",
		"config_status=pending,unassigned":        "host-1 host-2 host-3 host-4",
		"config_status=applied":                   "",
		"status=healthy&config_status=unassigned": "",
		"connected=true&selector=env&q=host-2":    "host-2",
		"order_by=name desc":                      "host-4 host-3 host-2 host-1",
		"order_by=status":                         "host-4 host-1 host-2 host-3",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		d := w.do("GET", "/api/v1/agents?"+values.Encode(), nil).want(http.StatusOK)
		got := d.texts("agents", "name")
		if strings.Join(got, " ") != want {
			t.Errorf("GET /agents?%s = %q, want %q", query, got, want)
		}
		d.is("total_size", len(got))
	}
}

func TestPatchLabels(t *testing.T) {
	w := newWorld(t)
	w.connect(1)
	patch := func(body any, contentType string) document {
		t.Helper()
		return w.do("PATCH", "/api/v1/agents/host-1", body, ofType(contentType)).want(http.StatusOK)
	}
	patch(`{"labels": {"env": "production", "gone": "soon"}}`, "application/json").is("labels", map[string]any{"env": "production", "gone": "soon"})
	d := patch(`{"labels": {"gone": null, "never": null, "service.name": "mine"}}`, "application/merge-patch+json")
	d.is("labels", map[string]any{"env": "production", "service.name": "mine"})
	d.is("health.components.pipeline:traces.healthy", true) // the resource, whole

	// A label wins over an attribute of the same key; the attribute stays what the agent says.
	w.do("GET", "/api/v1/agents?selector=service.name%3Dmine", nil).want(http.StatusOK).is("total_size", 1)
	w.do("GET", "/api/v1/agents?selector=service.name%3Dotelcol-contrib", nil).want(http.StatusOK).is("total_size", 0)
	d.is("type", "otelcol-contrib")

	// The name that an operator gives wins.
	patch(`{"labels": {"name": "edge"}}`, "application/json").is("name", "edge")
	w.do("GET", "/api/v1/agents/edge", nil).want(http.StatusOK)

	// Nothing to change, and what only the server writes.
	whole := w.do("GET", "/api/v1/agents/edge", nil)
	w.do("PATCH", "/api/v1/agents/edge", "{}").want(http.StatusOK)
	w.do("PATCH", "/api/v1/agents/edge", whole.body).want(http.StatusOK).is("labels", whole.want(200).at("labels"))

	// RFC 7396: null in place of the whole takes all away.
	w.do("PATCH", "/api/v1/agents/edge", `{"labels": null}`).want(http.StatusOK).is("labels", map[string]any{})
	w.do("PATCH", "/api/v1/agents/host-1", `{"labels": {"`+strings.Repeat("k", 400)+`": "v"}}`).problem(http.StatusUnprocessableEntity, "label")
}

func TestLabelDecidesTheConfiguration(t *testing.T) {
	w := newWorld(t)
	w.connect(1)
	w.create(map[string]any{"name": "prod", "selector": "env=production"})
	w.do("GET", "/api/v1/agents/host-1", nil).want(http.StatusOK).is("config.status", "unassigned")
	w.do("PATCH", "/api/v1/agents/host-1", `{"labels": {"env": "production"}}`).want(http.StatusOK).is("config.config_name", "prod")
}

func TestForgetAgent(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1)
	w.do("DELETE", a.path(""), nil).problem(http.StatusConflict, "connected")
	a.leave()
	w.do("GET", a.path(""), nil).want(http.StatusOK).is("status", "disconnected")
	w.do("DELETE", a.path(""), nil).want(http.StatusNoContent)
	w.do("GET", a.path(""), nil).problem(http.StatusNotFound)
	w.do("DELETE", a.path(""), nil).problem(http.StatusNotFound)
}

func TestRestart(t *testing.T) {
	w := newWorld(t)
	a := w.connect(1)
	for _, body := range []any{nil, "{}"} {
		w.do("POST", a.path("/restart"), body).want(http.StatusAccepted).is("id", a.uid.String())
		if reply, due := w.fleet.Due(a.link, a.uid); !due || !reply.Restart {
			t.Errorf("Due() after a restart was asked for = %+v, %v, want the command", reply, due)
		}
	}
	a.leave()
	w.do("POST", a.path("/restart"), nil).problem(http.StatusConflict, "not connected")
	deaf := w.connect(2, func(r *fleet.Report) { r.Capabilities = fleet.ReportsStatus })
	w.do("POST", deaf.path("/restart"), nil).problem(http.StatusConflict, "does not accept")
}
