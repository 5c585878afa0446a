package rest_test

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/rest"
)

func TestMetricsOfTheFleet(t *testing.T) {
	w := newWorld(t)
	w.connect(1).leave()
	a := w.connect(2)
	w.connect(3, func(r *fleet.Report) { r.Health = nil })
	w.create(map[string]any{"name": "c"})
	w.do("PUT", a.path("/config"), map[string]any{"config_id": "c"}).want(http.StatusOK)
	a.apply(fleet.RemoteConfigFailed, "no")
	got := w.do("GET", "/metrics", nil)
	got.want(http.StatusOK)
	for _, line := range []string{
		`opamp_agents_total{status="healthy"} 1`, `opamp_agents_total{status="unhealthy"} 0`,
		`opamp_agents_total{status="disconnected"} 1`, `opamp_agents_total{status="unknown"} 1`,
		`opamp_agents_config_total{status="failed"} 1`, `opamp_agents_config_total{status="applied"} 0`,
		`opamp_config_updates_total 1`, `opamp_config_errors_total 1`,
		`# TYPE opamp_agents_total gauge`, `# TYPE opamp_config_updates_total counter`, `# TYPE opamp_config_errors_total counter`,
	} {
		if !strings.Contains(string(got.body), line+"\n") {
			t.Errorf("GET /metrics has no line %s:\n%s", line, got.body)
		}
	}
}

func TestMetricsOfTheAPI(t *testing.T) {
	w := newWorld(t)
	w.do("GET", "/api/v1/agents/one", nil).want(http.StatusNotFound)
	w.do("GET", "/api/v1/agents/two", nil).want(http.StatusNotFound)
	w.do("GET", "/api/v1/agents", nil).want(http.StatusOK)
	w.do("GET", "/nothing.js", nil).want(http.StatusNotFound)
	w.do("BREW", "/api/v1/agents", nil).want(http.StatusMethodNotAllowed)
	got := w.do("GET", "/metrics", nil)
	got.want(http.StatusOK)
	for _, line := range []string{
		`ollystack_http_requests_total{code="404",method="GET",route="/api/v1/agents/{id}"} 2`,
		`ollystack_http_requests_total{code="200",method="GET",route="/api/v1/agents"} 1`,
		`ollystack_http_requests_total{code="404",method="GET",route="none"} 1`,
		`ollystack_http_requests_total{code="405",method="other",route="none"} 1`,
		`ollystack_http_request_duration_seconds_count{method="GET",route="/api/v1/agents/{id}"} 2`,
		`ollystack_http_event_streams 0`,
	} {
		if !strings.Contains(string(got.body), line+"\n") {
			t.Errorf("GET /metrics has no line %s:\n%s", line, got.body)
		}
	}
	// What takes as long as the client does says nothing of the server.
	w.do("GET", "/api/v1/backup", nil).want(http.StatusOK)
	w.do("GET", "/", nil).want(http.StatusOK)
	w.do("GET", "/api/v1/agents", nil, asCSV).want(http.StatusOK)
	got = w.do("GET", "/metrics", nil)
	for line, want := range map[string]bool{
		`ollystack_http_requests_total{code="200",method="GET",route="/api/v1/agents"} 2`:      true,
		`ollystack_http_request_duration_seconds_count{method="GET",route="/api/v1/agents"} 1`: true,
		`ollystack_http_request_duration_seconds_count{method="GET",route="/api/v1/backup"}`:   false,
		`ollystack_http_request_duration_seconds_count{method="GET",route="/"}`:                false,
	} {
		if has := strings.Contains(string(got.body), line); has != want {
			t.Errorf("GET /metrics after streams has %s: %v, want %v", line, has, want)
		}
	}
	// What Prometheus may ask for.
	one := w.do("GET", "/metrics?name[]=opamp_config_errors_total", nil)
	one.want(http.StatusOK)
	if strings.Contains(string(one.body), "opamp_agents_total") || !strings.Contains(string(one.body), "opamp_config_errors_total 0") {
		t.Errorf("GET /metrics of one name = %s, want that alone", one.body)
	}
	open := w.do("GET", "/metrics", nil, header("Accept", "application/openmetrics-text; version=1.0.0"))
	open.want(http.StatusOK)
	if h := open.header.Get("Content-Type"); !strings.HasPrefix(h, "text/plain") && !strings.HasPrefix(h, "application/openmetrics-text") {
		t.Errorf("GET /metrics = type %q, want an exposition format", h)
	}
}

func TestMetricsThatCannotBeRegistered(t *testing.T) {
	w := newWorld(t)
	registry := prometheus.NewRegistry()
	o := rest.Options{Fleet: w.fleet, Access: w.access, Dashboard: http.HandlerFunc(testPage), Logger: slog.New(slog.DiscardHandler), Registerer: registry, Gatherer: registry, Backup: noBackup}
	if _, err := rest.New(o); err != nil {
		t.Fatalf("New() = %v", err)
	}
	if _, err := rest.New(o); err == nil {
		t.Error("New() twice with one registry = nil error, want one")
	}
}

func TestMetricsThatCannotBeGathered(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		s.rest.Gatherer = prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return nil, errors.New("out of order") })
	})
	w.wantErrors = true
	w.do("GET", "/metrics", nil).problem(http.StatusInternalServerError)
	if !strings.Contains(w.log.String(), "out of order") {
		t.Errorf("log = %q, want the cause", w.log.String())
	}
}
