//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// client speaks the HTTP API as anybody else would.
type client struct {
	base  string // http://host:port
	token string // sent as bearer token when set
	http  *http.Client
}

// agent is what these tests read of an agent.
type agent struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Version    string            `json:"version"`
	Status     string            `json:"status"`
	Connected  bool              `json:"connected"`
	Transport  string            `json:"transport"`
	Labels     map[string]string `json:"labels"`
	Attributes struct {
		Identifying    map[string]any `json:"identifying"`
		NonIdentifying map[string]any `json:"non_identifying"`
	} `json:"attributes"`
	Capabilities []string `json:"capabilities"`
	Health       struct {
		Healthy    bool                       `json:"healthy"`
		Status     string                     `json:"status"`
		LastError  string                     `json:"last_error"`
		Components map[string]json.RawMessage `json:"components"`
	} `json:"health"`
	Components map[string][]string `json:"components"`
	Config     agentConfig         `json:"config"`
	Effective  struct {
		Hash  string            `json:"hash"`
		Files map[string]string `json:"files"`
	} `json:"effective_config"`
	ConnectedAt time.Time `json:"connected_at"`
	LastSeenAt  time.Time `json:"last_seen_at"`
}

// agentConfig is what an agent should hold and how far it is.
type agentConfig struct {
	ConfigID  string    `json:"config_id"`
	Name      string    `json:"config_name"`
	Version   int       `json:"version"`
	Source    string    `json:"source"`
	Status    string    `json:"status"`
	Error     string    `json:"error"`
	ChangedAt time.Time `json:"changed_at"`
}

// config is what these tests read of a configuration.
type config struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Body     string            `json:"config"`
	Labels   map[string]string `json:"labels"`
	Selector string            `json:"selector"`
	Version  int               `json:"version"`
}

// health is the answer of GET /api/v1/health.
type health struct {
	Status string `json:"status"`
	Checks map[string]struct {
		Status string `json:"status"`
	} `json:"checks"`
}

var httpClient = &http.Client{Timeout: 10 * time.Second}

// call sends body, if any, as JSON, and decodes the answer into out, if any.
func (c *client) call(method, path string, body, out any) (status int, err error) {
	var reader io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, fmt.Errorf("encode body of %s %s: %w", method, path, err)
		}
		reader = bytes.NewReader(encoded)
	}
	req, err := http.NewRequest(method, c.base+path, reader)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, fmt.Errorf("read answer of %s %s: %w", method, path, err)
	}
	if res.StatusCode >= 400 {
		return res.StatusCode, fmt.Errorf("%s %s answers %d: %.500s", method, path, res.StatusCode, answer)
	}
	switch o := out.(type) {
	case nil:
	case *string:
		*o = string(answer)
	default:
		if err := json.Unmarshal(answer, out); err != nil {
			return res.StatusCode, fmt.Errorf("%s %s answers %d %.300q: %w", method, path, res.StatusCode, answer, err)
		}
	}
	return res.StatusCode, nil
}

// must is call, failing the test unless the answer has the status wanted.
func (c *client) must(t *testing.T, want int, method, path string, body, out any) {
	t.Helper()
	got, err := c.call(method, path, body, out)
	if got != want {
		t.Fatalf("%s %s = %d, want %d (%v)", method, path, got, want, err)
	}
	if err != nil && got < 400 {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

func (c *client) health() (health, error) {
	var h health
	_, err := c.call(http.MethodGet, "/api/v1/health", nil, &h)
	return h, err
}

// agent reads one agent by id or name.
func (c *client) agent(id string) (agent, error) {
	var a agent
	_, err := c.call(http.MethodGet, "/api/v1/agents/"+id, nil, &a)
	return a, err
}

// waitAgent polls an agent until check is content with it.
func (c *client) waitAgent(t *testing.T, id string, within time.Duration, what string, check func(agent) bool) agent {
	t.Helper()
	var a agent
	eventually(t, within, id+" "+what, func() error {
		var err error
		if a, err = c.agent(id); err != nil {
			return err
		}
		if !check(a) {
			return fmt.Errorf("connected=%v status=%s last_error=%q config=%+v", a.Connected, a.Status, a.Health.LastError, a.Config)
		}
		return nil
	})
	return a
}

// createConfig stores a configuration.
func (c *client) createConfig(t *testing.T, name, body, selector string) config {
	t.Helper()
	var stored config
	c.must(t, http.StatusCreated, http.MethodPost, "/api/v1/configs",
		map[string]any{"name": name, "config": body, "selector": selector}, &stored)
	return stored
}

// assign gives an agent a configuration.
func (c *client) assign(t *testing.T, agentID, configID string) agentConfig {
	t.Helper()
	var assigned agentConfig
	c.must(t, http.StatusOK, http.MethodPut, "/api/v1/agents/"+agentID+"/config",
		map[string]any{"config_id": configID}, &assigned)
	return assigned
}

// metric reads one value of /metrics: series is its name with its labels. What has
// not been counted yet is 0.
func (c *client) metric(t *testing.T, series string) float64 {
	t.Helper()
	var text string
	c.must(t, http.StatusOK, http.MethodGet, "/metrics", nil, &text)
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), series+" "); ok {
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatalf("metric %s: %v", series, err)
			}
			return number
		}
	}
	if !strings.Contains(text, "# TYPE "+strings.SplitN(series, "{", 2)[0]+" ") {
		t.Fatalf("/metrics has no %s", series)
	}
	return 0
}
