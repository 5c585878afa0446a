package rest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// madeUp are the ids that the server makes at random.
var madeUp = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// words are the checker's, which may find better ones.
var words = regexp.MustCompile(`"message": ".+"`)

// golden compares an answer with testdata/name, ids that are made up and the checker's words left out.
func golden(t *testing.T, name string, a answer) {
	t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, bytes.TrimSpace(a.body), "", "  "); err != nil {
		t.Fatalf("%s = %s: %v", a.call, a.body, err)
	}
	got.WriteByte('\n')
	agentID := uidOf(17).String()
	text := madeUp.ReplaceAllStringFunc(got.String(), func(id string) string {
		if id == agentID {
			return id
		}
		return "00000000-0000-7000-8000-000000000000"
	})
	text = words.ReplaceAllString(text, `"message": "..."`)
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s =\n%s\nwant testdata/%s:\n%s", a.call, text, name, want)
	}
}

// TestDocumentsOfTheContract shows the API's documents as its contract has
// them: the names of the fields, their order, and what is left out when.
func TestDocumentsOfTheContract(t *testing.T) {
	now := &clock{now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	w := newWorld(t, func(s *setup) {
		s.fleet.Now = now.Now
		s.rest.Checks[1].Run = check("redis", fleet.CheckDisabled).Run
	})
	a := w.connect(17, func(r *fleet.Report) {
		r.Capabilities = fleet.AcceptsRemoteConfig | fleet.ReportsHealth
		r.Description.NonIdentifying = fleet.NewAttributes([]fleet.Attribute{{Key: "host.name", Value: "edge-eu-17"}})
	})
	w.do("PATCH", a.path(""), `{"labels": {"env": "production"}}`).want(http.StatusOK)
	for n := range 3 {
		w.connect(n, func(r *fleet.Report) { r.Health, r.EffectiveConfig = nil, nil })
	}
	created := w.do("POST", "/api/v1/configs", map[string]any{
		"name": "production-config", "description": "Production collector configuration", "config": goodConfig(1),
		"labels": map[string]any{"environment": "production"}, "selector": "env=production,service.name=otelcol-contrib", "priority": 10,
	})
	created.want(http.StatusCreated)
	golden(t, "config.json", created)
	now.advance(time.Minute)
	assigned := w.do("PUT", a.path("/config"), map[string]any{"config_id": "production-config"})
	assigned.want(http.StatusOK)
	golden(t, "config-state.json", assigned)
	a.apply(fleet.RemoteConfigApplied, "")
	for name, path := range map[string]string{
		"agent.json": a.path(""), "agents.json": "/api/v1/agents?page_size=1", "agent-unassigned.json": "/api/v1/agents/host-1",
		"configs.json": "/api/v1/configs", "versions.json": "/api/v1/configs/production-config/versions",
		"version.json": "/api/v1/configs/production-config/versions/1", "fleet-status.json": "/api/v1/fleet/status", "health.json": "/api/v1/health",
	} {
		got := w.do("GET", path, nil)
		got.want(http.StatusOK)
		golden(t, name, got)
	}
	bad := "receivers:\n  otlp:\nexporters:\n  debug:\nservice:\n  pipelines:\n    traces:\n      receivers: [oltp, otlp]\n      exporters: [debug]\n"
	id := header("X-Request-Id", "request-1")
	golden(t, "unprocessable.json", w.do("POST", "/api/v1/configs", map[string]any{"name": "bad", "config": bad}, id))
	golden(t, "not-found.json", w.do("GET", "/api/v1/agents/nobody", nil, id))
	golden(t, "validation.json", w.do("POST", "/api/v1/configs/validate", map[string]any{"config": bad}))
}
