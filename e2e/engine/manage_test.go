//go:build appliance

package engine_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// agents: the control plane lists both, and both run what was seeded.
func agents(t *testing.T, _ *stack) {
	for _, role := range []string{"gateway", "agent"} {
		a := agentOf(t, role, "has applied what was seeded", applied(1))
		if a.Config.Name != role {
			t.Errorf("%s runs the configuration %q, want %q", role, a.Config.Name, role)
		}
		if environment := a.Attributes.NonIdentifying["deployment.environment.name"]; environment != "production" {
			t.Errorf("%s is of the environment %v, want production", role, environment)
		}
	}
}

// changePipeline changes what the gateway does by one PUT.
func changePipeline(t *testing.T, _ *stack) {
	c := configNamed(t, "gateway")
	changed := put(t, c, replaceOnce(t, c.Body, "value: ${env:DEPLOYMENT_ENV:-production}\n        action: insert\n",
		"value: ${env:DEPLOYMENT_ENV:-production}\n        action: insert\n"+
			"      - key: e2e.changed\n        value: by one PUT\n        action: insert\n"))
	if changed.Version != 2 {
		t.Errorf("PUT made version %d, want 2", changed.Version)
	}
	agentOf(t, "gateway", "has applied version 2", applied(2))
	trace := sendTrace(t, "shop", "GET /changed")
	found := row(t, "SELECT ResourceAttributes['e2e.changed'] FROM otel.otel_traces WHERE TraceId = '"+trace+"'")
	if found != "by one PUT" {
		t.Errorf("the span's e2e.changed = %q, want what the PUT says", found)
	}
}

// badConfiguration is one that the control plane's own checks let through and the collector
// refuses: the gateway goes on with what it has.
func badConfiguration(t *testing.T, _ *stack) {
	c := configNamed(t, "gateway")
	put(t, c, replaceOnce(t, c.Body, "\n  batch:\n", "\n  nosuchprocessor: {}\n  batch:\n"))
	a := agentOf(t, "gateway", "has failed", func(a agent) bool { return a.Config.Status == "failed" && a.Config.Version == 3 })
	if !strings.Contains(a.Config.Error, "nosuchprocessor") {
		t.Errorf("the failure says %q, want the collector's own words", a.Config.Error)
	}
	healthCheckAnswers(t)
	trace := sendTrace(t, "shop", "GET /still-here")
	row(t, "SELECT 1 FROM otel.otel_traces WHERE TraceId = '"+trace+"' AND ResourceAttributes['e2e.changed'] != ''")
	rollBack(t, 2)
}

// rollBack makes the body of an older version the newest one, and waits for the gateway.
func rollBack(t *testing.T, version int) {
	t.Helper()
	_, err := ask(http.MethodPost, api+"/configs/gateway/rollback", "application/json", fmt.Sprintf(`{"version": %d}`, version), http.StatusOK)
	if err != nil {
		t.Fatal(err)
	}
	agentOf(t, "gateway", "has applied the rollback", applied(configNamed(t, "gateway").Version))
}

// keepHealthCheck tries to move the health check away, under its own name.
func keepHealthCheck(t *testing.T, _ *stack) {
	c := configNamed(t, "gateway")
	changed := put(t, c, replaceOnce(t, c.Body, "\nservice:\n",
		"\nextensions:\n  health_check:\n    endpoint: 127.0.0.1:1\n\nservice:\n  extensions: []\n"))
	agentOf(t, "gateway", "has applied it", applied(changed.Version))
	healthCheckAnswers(t)
	rollBack(t, 2)
}

func healthCheckAnswers(t *testing.T) {
	t.Helper()
	eventually(t, 20*time.Second, "the gateway's health check", func() error {
		_, err := ask(http.MethodGet, "http://localhost:13133/", "", "", http.StatusOK)
		return err
	})
}

// takeApart removes the connector between two pipelines and puts it back. What is new is
// checked by itself: together with what runs, neither would be whole.
func takeApart(t *testing.T, _ *stack) {
	c := configNamed(t, "gateway")
	apart := replaceOnce(t, c.Body, "exporters: [clickhouse, spanmetrics]", "exporters: [clickhouse]")
	apart = replaceOnce(t, apart, "receivers: [otlp, spanmetrics]", "receivers: [otlp]")
	agentOf(t, "gateway", "runs without the connector", applied(put(t, c, apart).Version))
	agentOf(t, "gateway", "has the connector back", applied(put(t, c, c.Body).Version))
}

// seedOnce: an operator's change outlives a restart of the control plane and one more run of
// the seeding.
func seedOnce(t *testing.T, s *stack) {
	before := configNamed(t, "gateway")
	s.types(t, "docker-compose restart opamp-server")
	s.types(t, "docker-compose up -d")
	s.healthy(t, services...)
	if seed := s.containers(t)["seed"]; seed.State.ExitCode != 0 {
		t.Errorf("seeding again ends with %d", seed.State.ExitCode)
	}
	after := configNamed(t, "gateway")
	if after.Version != before.Version || after.Body != before.Body || !strings.Contains(after.Body, "e2e.changed") {
		t.Errorf("the operator's configuration is version %d with the body\n%s\nwant version %d as it was", after.Version, after.Body, before.Version)
	}
	agentOf(t, "gateway", "runs the operator's configuration", applied(before.Version))
	if sent := offers(t); sent != 0 {
		t.Errorf("after its restart the control plane has sent %v configurations, want none: every agent has its own", sent)
	}
}
