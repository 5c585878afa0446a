//go:build appliance

package engine_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// telemetry sends each signal to the gateway and finds it where it is kept.
func telemetry(t *testing.T, _ *stack) {
	trace := sendTrace(t, "shop", "GET /cart")
	line := "cart " + random(8)
	sendLog(t, "shop", line)
	sendMetric(t, "shop", "e2e_cart_items", 7)

	found := row(t, "SELECT ServiceName, SpanName, SpanKind, ResourceAttributes['deployment.environment.name'] "+
		"FROM otel.otel_traces WHERE TraceId = '"+trace+"'")
	if want := "shop\tGET /cart\tServer\tproduction"; found != want {
		t.Errorf("the span = %q, want %q", found, want)
	}
	row(t, "SELECT Start FROM otel.otel_traces_trace_id_ts WHERE TraceId = '"+trace+"'")
	found = row(t, "SELECT ServiceName, SeverityText, ResourceAttributes['deployment.environment.name'] "+
		"FROM otel.otel_logs WHERE Body = '"+line+"'")
	if want := "shop\tINFO\tproduction"; found != want {
		t.Errorf("the log = %q, want %q", found, want)
	}
	for _, table := range []string{"otel_traces", "otel_logs"} {
		created := row(t, "SHOW CREATE TABLE otel."+table)
		if !strings.Contains(created, "TTL ") || !strings.Contains(created, "toIntervalDay(30)") {
			t.Errorf("%s has no TTL of 30 days: %s", table, created)
		}
	}

	cart := series(t, `e2e_cart_items{deployment_environment_name="production"}`)
	if fmt.Sprint(cart[0].Value[1]) != "7" {
		t.Errorf("the gauge = %+v, want 7", cart)
	}
	series(t, `traces_span_metrics_calls_total{service_name="shop",span_name="GET /cart"}`)
	series(t, `traces_span_metrics_duration_milliseconds_bucket{service_name="shop"} or traces_span_metrics_duration_seconds_bucket{service_name="shop"}`)
}

// collected is what comes without anybody sending: this machine's metrics, and the logs of
// its containers.
func collected(t *testing.T, s *stack) {
	line := "printed " + random(8)
	s.types(t, "docker run -d --rm --name printer "+s.env["REDIS_IMAGE"]+" sh -c 'while true; do echo "+line+"; sleep 1; done'")
	defer s.types(t, "docker rm -f -v printer")
	id := strings.TrimSpace(s.types(t, "docker inspect -f '{{.Id}}' printer"))
	found := row(t, "SELECT ResourceAttributes['container.id'], ResourceAttributes['deployment.environment.name'] "+
		"FROM otel.otel_logs WHERE Body = '"+line+"' LIMIT 1")
	container, environment, _ := strings.Cut(found, "\t")
	if len(container) < 12 || !strings.HasPrefix(id, container) || environment != "production" {
		t.Errorf("the container's log says %q, want container %s and production", found, id)
	}
	series(t, `{__name__=~"system_cpu_time_seconds_total|system_cpu_time_total",deployment_environment_name="production"}`)
	series(t, `{__name__=~"system_memory_usage_bytes|system_memory_usage",deployment_environment_name="production"}`)
	series(t, `{__name__=~"system_filesystem_usage_bytes|system_filesystem_usage"}`)
}

// prometheus scrapes what it should, and has the alert rules.
func prometheus(t *testing.T, _ *stack) {
	eventually(t, time.Minute, "targets are up", func() error {
		var targets struct {
			Data struct {
				ActiveTargets []struct {
					ScrapePool, Health, LastError string
				}
			}
		}
		get(t, "http://localhost:9090/api/v1/targets", &targets)
		var pools []string
		for _, target := range targets.Data.ActiveTargets {
			if target.Health != "up" {
				return fmt.Errorf("%+v", target)
			}
			pools = append(pools, target.ScrapePool)
		}
		if !slices.Contains(pools, "ollystack") {
			return fmt.Errorf("the targets are %v, want ollystack among them", pools)
		}
		return nil
	})
	healthy := series(t, `opamp_agents_total{status="healthy"} == 2`)
	if len(healthy) != 1 {
		t.Errorf("opamp_agents_total = %+v, want two healthy agents", healthy)
	}
	answer, err := ask(http.MethodGet, "http://localhost:9090/api/v1/rules?type=alert", "", "", http.StatusOK)
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, State, Health string }
			}
		}
	}
	if err := json.Unmarshal([]byte(answer), &rules); err != nil {
		t.Fatal(err)
	}
	loaded := 0
	for _, group := range rules.Data.Groups {
		for _, rule := range group.Rules {
			loaded++
			if rule.State == "firing" {
				t.Errorf("the alert %s fires in a healthy stack", rule.Name)
			}
		}
	}
	if loaded == 0 {
		t.Error("no alert rules are loaded")
	}
}
