//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestManaged is the product's story: a collector joins, is described, is
// configured, refuses a bad configuration, is mended, restarted and let go.
func TestManaged(t *testing.T) {
	t.Parallel()
	s := startServer(t, serverOptions{})
	sv := startSupervisor(t, s, "edge-1", supervisorOptions{Env: "production"})
	first, second := freePort(t), freePort(t)

	t.Run("describe", func(t *testing.T) { describe(t, s, sv) })
	t.Run("configure", func(t *testing.T) { configure(t, s, first) })
	t.Run("fail", func(t *testing.T) { fail(t, s, sv, first) })
	t.Run("retry", func(t *testing.T) { retry(t, s) })
	t.Run("mend", func(t *testing.T) { mend(t, s, first, second) })
	t.Run("restart the collector", func(t *testing.T) { restartCollector(t, s, sv, second) })
	t.Run("detach", func(t *testing.T) { detach(t, s, sv, second) })
	t.Run("leave", func(t *testing.T) { leave(t, s, sv) })
}

func describe(t *testing.T, s *server, sv *supervisor) {
	a := s.joins(t, sv)
	for _, c := range []struct{ what, got, want string }{
		{"name", a.Name, "edge-1"},
		{"type", a.Type, "otelcol-ollystack"},
		{"version", a.Version, "0.149.0"},
		{"transport", a.Transport, "websocket"},
		{"config.status", a.Config.Status, "unassigned"},
		{"attribute env", fmt.Sprint(a.Attributes.NonIdentifying["env"]), "production"},
		{"attribute service.instance.id", fmt.Sprint(a.Attributes.Identifying["service.instance.id"]), a.ID},
	} {
		if c.got != c.want {
			t.Errorf("agent's %s = %q, want %q", c.what, c.got, c.want)
		}
	}
	for _, want := range []string{
		"ReportsStatus", "AcceptsRemoteConfig", "ReportsEffectiveConfig", "ReportsRemoteConfig", "ReportsHealth",
		"ReportsHeartbeat", "AcceptsRestartCommand", "ReportsAvailableComponents",
	} {
		if !slices.Contains(a.Capabilities, want) {
			t.Errorf("agent's capabilities = %v, want %s among them", a.Capabilities, want)
		}
	}
	// The supervisor sends the list only when it is asked for it.
	a = s.waitAgent(t, "edge-1", 10*time.Second, "lists its components", func(a agent) bool {
		return len(a.Components["receivers"]) > 0
	})
	if !slices.Contains(a.Components["receivers"], "otlp") || !slices.Contains(a.Components["exporters"], "debug") {
		t.Errorf("agent's components = %v, want receiver otlp and exporter debug among them", a.Components)
	}
	if !a.Health.Healthy || a.Health.Status != "StatusOK" || len(a.Health.Components) == 0 {
		t.Errorf("agent's health = %+v, want healthy, StatusOK and components", a.Health)
	}

	var list struct {
		Agents []agent `json:"agents"`
		Total  int     `json:"total_size"`
	}
	s.must(t, http.StatusOK, http.MethodGet, "/api/v1/agents?selector=env%3Dproduction", nil, &list)
	if list.Total != 1 || len(list.Agents) != 1 || list.Agents[0].ID != a.ID {
		t.Errorf("GET /agents?selector=env=production = %d agents, want edge-1 alone: %+v", list.Total, list.Agents)
	}
	var fleet struct {
		Total, Connected, Healthy int
	}
	s.must(t, http.StatusOK, http.MethodGet, "/api/v1/fleet/status", nil, &fleet)
	if fleet.Total != 1 || fleet.Connected != 1 || fleet.Healthy != 1 {
		t.Errorf("GET /fleet/status = %+v, want one agent, connected and healthy", fleet)
	}
	if got := s.metric(t, `opamp_agents_total{status="healthy"}`); got != 1 {
		t.Errorf("opamp_agents_total{status=healthy} = %v, want 1", got)
	}
}

func configure(t *testing.T, s *server, port int) {
	body := strings.Replace(receiving(port), "exporters:\n", "exporters:\n  otlp_http:\n"+
		"    endpoint: http://127.0.0.1:1\n    headers:\n      api-key: hunter2\n", 1)
	body = strings.Replace(body, "[debug]", "[debug, otlp_http]", 1)
	stored := s.createConfig(t, "production-config", body, "")
	if got := s.assign(t, "edge-1", stored.ID); got.Status != "pending" && got.Status != "applying" {
		t.Errorf("config.status right after the assignment = %q, want pending or applying", got.Status)
	}
	a := s.applied(t, "edge-1", "production-config", 1)
	receives(t, port)
	if a.Config.Source != "assignment" || a.Config.ConfigID != stored.ID {
		t.Errorf("agent's config = %+v, want it from an assignment of %s", a.Config, stored.ID)
	}
	listen := fmt.Sprintf("127.0.0.1:%d", port)
	a = s.waitAgent(t, "edge-1", 10*time.Second, "reports what it runs", func(a agent) bool {
		return strings.Contains(a.Effective.Files[""], listen)
	})
	var effective string
	s.must(t, http.StatusOK, http.MethodGet, "/api/v1/agents/edge-1/effective-config", nil, &effective)
	if !strings.Contains(effective, listen) {
		t.Errorf("GET effective-config has no %s:\n%s", listen, effective)
	}
	if strings.Contains(effective+a.Effective.Files[""], "hunter2") {
		t.Errorf("the effective configuration shows a credential:\n%s", effective)
	}
}

func fail(t *testing.T, s *server, sv *supervisor, port int) {
	pid := sv.collector(t)
	failures := s.metric(t, "opamp_config_errors_total")
	bad := s.createConfig(t, "bad-config", unknownReceiver, "")
	s.assign(t, "edge-1", bad.ID)
	a := s.waitAgent(t, "edge-1", applyTime, "fails", func(a agent) bool { return a.Config.Status == "failed" })
	if !strings.Contains(a.Config.Error, `unknown type: "nosuchthing"`) {
		t.Errorf("config.error = %q, want the collector's own message", a.Config.Error)
	}
	if got := s.metric(t, "opamp_config_errors_total"); got != failures+1 {
		t.Errorf("opamp_config_errors_total = %v, want %v", got, failures+1)
	}
	if err := takesOTLP(port); err != nil {
		t.Errorf("the old pipeline after a failed configuration: %v", err)
	}
	if got := sv.collector(t); got != pid {
		t.Errorf("the collector's pid = %d, want %d: it was to run on", got, pid)
	}
	if a.Status != "healthy" {
		t.Errorf("agent's status = %s, want healthy: it runs its old configuration", a.Status)
	}
	if !strings.Contains(a.Effective.Files[""], fmt.Sprintf("127.0.0.1:%d", port)) {
		t.Errorf("the effective configuration after a failed one = %s, want the old one", a.Effective.Files[""])
	}
}

func retry(t *testing.T, s *server) {
	before, err := s.agent("edge-1")
	if err != nil {
		t.Fatal(err)
	}
	offers := s.metric(t, "opamp_config_updates_total")
	s.must(t, http.StatusAccepted, http.MethodPost, "/api/v1/agents/edge-1/config/retry", nil, nil)
	s.waitAgent(t, "edge-1", applyTime, "fails again", func(a agent) bool {
		return a.Config.Status == "failed" && a.Config.ChangedAt.After(before.Config.ChangedAt)
	})
	if got := s.metric(t, "opamp_config_updates_total"); got != offers+1 {
		t.Errorf("opamp_config_updates_total after a retry = %v, want %v", got, offers+1)
	}
}

func mend(t *testing.T, s *server, first, second int) {
	var mended config
	s.must(t, http.StatusOK, http.MethodPut, "/api/v1/configs/bad-config",
		map[string]any{"name": "bad-config", "config": receiving(second)}, &mended)
	if mended.Version != 2 {
		t.Errorf("PUT of another body = version %d, want 2", mended.Version)
	}
	a := s.applied(t, "edge-1", "bad-config", 2)
	if a.Config.Error != "" {
		t.Errorf("config.error of an applied configuration = %q, want none", a.Config.Error)
	}
	receives(t, second)
	silent(t, first)
}

func restartCollector(t *testing.T, s *server, sv *supervisor, port int) {
	pid := sv.collector(t)
	offers := s.metric(t, "opamp_config_updates_total")
	s.must(t, http.StatusAccepted, http.MethodPost, "/api/v1/agents/edge-1/restart", nil, nil)
	eventually(t, 30*time.Second, "another collector process", func() error {
		if got := sv.collector(t); got == pid {
			return fmt.Errorf("it is still %d", pid)
		}
		return nil
	})
	receives(t, port)
	s.waitAgent(t, "edge-1", 30*time.Second, "is healthy again", func(a agent) bool {
		return a.Status == "healthy"
	})
	if got := s.metric(t, "opamp_config_updates_total"); got != offers {
		t.Errorf("opamp_config_updates_total after a restart of the collector = %v, want %v", got, offers)
	}
}

func detach(t *testing.T, s *server, sv *supervisor, port int) {
	pid := sv.collector(t)
	offers := s.metric(t, "opamp_config_updates_total")
	s.must(t, http.StatusNoContent, http.MethodDelete, "/api/v1/agents/edge-1/config", nil, nil)
	s.waitAgent(t, "edge-1", 5*time.Second, "is unassigned", func(a agent) bool {
		return a.Config.Status == "unassigned" && a.Config.Source == "none"
	})
	// The command would not overtake an offer: what has reached the agent by the time
	// that the restart has is all there is.
	restartCollector(t, s, sv, port)
	if got := s.metric(t, "opamp_config_updates_total"); got != offers {
		t.Errorf("opamp_config_updates_total after taking the assignment away = %v, want %v", got, offers)
	}
	if got := sv.collector(t); got == pid {
		t.Errorf("the collector's pid = %d still, want another: it was restarted", got)
	}
}

func leave(t *testing.T, s *server, sv *supervisor) {
	s.must(t, http.StatusConflict, http.MethodDelete, "/api/v1/agents/edge-1", nil, nil)
	sv.stop(t)
	s.waitAgent(t, "edge-1", 10*time.Second, "is gone", func(a agent) bool {
		return !a.Connected && a.Status == "disconnected"
	})
	s.must(t, http.StatusNoContent, http.MethodDelete, "/api/v1/agents/edge-1", nil, nil)
	s.must(t, http.StatusNotFound, http.MethodGet, "/api/v1/agents/edge-1", nil, nil)
	for _, name := range []string{"production-config", "bad-config"} {
		s.must(t, http.StatusNoContent, http.MethodDelete, "/api/v1/configs/"+name, nil, nil)
	}
}
