package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// FleetStatus counts the fleet.
type FleetStatus struct {
	Total        int `json:"total"`
	Connected    int `json:"connected"`
	Healthy      int `json:"healthy"`
	Unhealthy    int `json:"unhealthy"`
	Disconnected int `json:"disconnected"`
	Unknown      int `json:"unknown"`
	Config       struct {
		Applied     int `json:"applied"`
		Applying    int `json:"applying"`
		Pending     int `json:"pending"`
		Failed      int `json:"failed"`
		Unassigned  int `json:"unassigned"`
		Unsupported int `json:"unsupported"`
	} `json:"config"`
	Versions []struct {
		Type    string `json:"type"`
		Version string `json:"version"`
		Agents  int    `json:"agents"`
	} `json:"versions"`
	GeneratedAt time.Time `json:"generated_at"`

	Raw Raw `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *FleetStatus) UnmarshalJSON(b []byte) error {
	type fields FleetStatus
	return keep(b, (*fields)(s), &s.Raw)
}

// MarshalJSON implements json.Marshaler.
func (s FleetStatus) MarshalJSON() ([]byte, error) {
	type fields FleetStatus
	return show(s.Raw, fields(s))
}

// FleetStatus counts the fleet.
func (c *Client) FleetStatus(ctx context.Context) (FleetStatus, error) {
	var s FleetStatus
	_, err := c.do(ctx, call{method: http.MethodGet, path: []string{"fleet", "status"}}, &s)
	return s, err
}

// ServerHealth is what the server says of itself; a caller without a token sees Status alone.
type ServerHealth struct {
	Status  string                 `json:"status"` // ok, degraded or failed
	Version string                 `json:"version,omitempty"`
	Checks  map[string]ServerCheck `json:"checks,omitempty"`
}

// ServerCheck is one part of it.
type ServerCheck struct {
	Status string `json:"status"` // ok, degraded, failed or disabled
	Detail string `json:"detail,omitempty"`
}

// ServerHealth asks the server how it is. A server that says failed, with 503, is no error.
func (c *Client) ServerHealth(ctx context.Context) (ServerHealth, error) {
	var h ServerHealth
	req, err := c.request(ctx, call{method: http.MethodGet, path: []string{"health"}})
	if err != nil {
		return h, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return h, c.unreachable(ctx, req, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxProblem))
	if err != nil {
		return h, c.unreachable(ctx, req, fmt.Errorf("read the answer of %s: %w", c.base.Host, err))
	}
	if res.StatusCode == http.StatusOK || res.StatusCode == http.StatusServiceUnavailable {
		if err := json.Unmarshal(answer, &h); err == nil && h.Status != "" {
			return h, nil
		}
	}
	return h, c.problem(res, answer)
}

// Components are the component types seen in the fleet, by kind (receivers, processors, ...).
func (c *Client) Components(ctx context.Context) (map[string][]string, error) {
	var out map[string][]string
	_, err := c.do(ctx, call{method: http.MethodGet, path: []string{"components"}}, &out)
	return out, err
}
