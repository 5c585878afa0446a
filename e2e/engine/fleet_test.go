//go:build appliance

package engine_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const api = "http://localhost:4320/api/v1"

// agent is what these tests read of an agent.
type agent struct {
	ID         string
	Name       string
	Type       string
	Status     string
	Connected  bool
	Attributes struct {
		Identifying    map[string]any
		NonIdentifying map[string]any `json:"non_identifying"`
	}
	Config struct {
		Name    string `json:"config_name"`
		Version int
		Status  string
		Error   string
	}
}

// config is what these tests read and write of a configuration.
type config struct {
	ID       string            `json:"id,omitempty"`
	Name     string            `json:"name"`
	Body     string            `json:"config"`
	Labels   map[string]string `json:"labels,omitempty"`
	Selector string            `json:"selector"`
	Priority int               `json:"priority"`
	Version  int               `json:"version,omitempty"`
}

// fleet answers the agents, by the end of their service.instance.id or their role.
func fleet() ([]agent, error) {
	answer, err := ask(http.MethodGet, api+"/agents", "", "", http.StatusOK)
	if err != nil {
		return nil, err
	}
	var list struct{ Agents []agent }
	return list.Agents, json.Unmarshal([]byte(answer), &list)
}

// agentOf waits until a role's agent, connected, is as wanted.
func agentOf(t *testing.T, role, what string, wanted func(agent) bool) agent {
	t.Helper()
	var found agent
	eventually(t, 2*time.Minute, role+" "+what, func() error {
		agents, err := fleet()
		if err != nil {
			return err
		}
		for _, a := range agents {
			if a.Connected && roleOf(a) == role && wanted(a) {
				found = a
				return nil
			}
		}
		return fmt.Errorf("agents: %+v", agents)
	})
	return found
}

func roleOf(a agent) string { return fmt.Sprint(a.Attributes.NonIdentifying["collector.role"]) }

func applied(version int) func(agent) bool {
	return func(a agent) bool {
		return a.Config.Status == "applied" && a.Config.Version == version && a.Status == "healthy"
	}
}

func configNamed(t *testing.T, name string) config {
	t.Helper()
	var found config
	get(t, api+"/configs/"+name, &found)
	return found
}

// put replaces a configuration's body, by its one PUT.
func put(t *testing.T, c config, body string) config {
	t.Helper()
	c.Body, c.ID, c.Version = body, "", 0
	message, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ask(http.MethodPut, api+"/configs/"+c.Name, "application/json", string(message), http.StatusOK)
	if err == nil {
		err = json.Unmarshal([]byte(answer), &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// offers is how many configurations the control plane has sent since it started.
func offers(t *testing.T) float64 {
	t.Helper()
	text, err := ask(http.MethodGet, "http://localhost:4320/metrics", "", "", http.StatusOK)
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^opamp_config_updates_total (\S+)$`).FindStringSubmatch(text)
	if line == nil {
		t.Fatalf("no opamp_config_updates_total in /metrics:\n%s", text)
	}
	value, err := strconv.ParseFloat(line[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// replaceOnce is strings.Replace for exactly one place.
func replaceOnce(t *testing.T, text, old, replacement string) string {
	t.Helper()
	if n := strings.Count(text, old); n != 1 {
		t.Fatalf("%q occurs %d times, want once, in:\n%s", old, n, text)
	}
	return strings.Replace(text, old, replacement, 1)
}
