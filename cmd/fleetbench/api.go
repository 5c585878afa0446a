package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// apiClient calls the server's HTTP API over connections that it keeps alive.
type apiClient struct {
	base  string
	token string
	http  *http.Client
}

func newAPIClient(o *options) *apiClient {
	return &apiClient{base: o.api + "/api/v1", token: o.apiToken, http: &http.Client{Transport: &http.Transport{
		TLSClientConfig: o.tlsConfig(),
		// As curl and most clients do it: what is measured is the plain answer.
		DisableCompression: true,
	}}}
}

// call sends a request, reads the whole answer, and then decodes it into out. It
// returns how long it took until the last byte was there.
func (c *apiClient) call(ctx context.Context, method, path string, in, out any) (time.Duration, error) {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return 0, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return 0, fmt.Errorf("make request: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	began := time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	took := time.Since(began)
	if err != nil {
		return took, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode/100 != 2 {
		return took, fmt.Errorf("%s %s = %s: %.300s", method, path, resp.Status, data)
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			return took, fmt.Errorf("%s %s: decode answer: %w", method, path, err)
		}
	}
	return took, nil
}

// newConfig is the body of POST /configs.
type newConfig struct {
	Name     string `json:"name"`
	Config   string `json:"config"`
	Selector string `json:"selector"`
	Priority int    `json:"priority"`
}

// createConfig posts c, confirming that so many agents may be taken.
func (c *apiClient) createConfig(ctx context.Context, config newConfig, confirm int) (time.Duration, error) {
	return c.call(ctx, http.MethodPost, "/configs?confirm_agents="+strconv.Itoa(confirm), config, nil)
}

// fleetStatus is what GET /fleet/status tells, as far as it is looked at.
type fleetStatus struct {
	Connected int `json:"connected"`
	Config    struct {
		Applied int `json:"applied"`
	} `json:"config"`
}

func (c *apiClient) fleetStatus(ctx context.Context) (fleetStatus, error) {
	var out fleetStatus
	_, err := c.call(ctx, http.MethodGet, "/fleet/status", nil, &out)
	return out, err
}

// agentsPage is one page of GET /agents.
type agentsPage struct {
	Agents        []json.RawMessage `json:"agents"`
	TotalSize     int               `json:"total_size"`
	NextPageToken string            `json:"next_page_token"`
}

func (c *apiClient) agents(ctx context.Context, size int, token string) (agentsPage, time.Duration, error) {
	query := url.Values{"page_size": {strconv.Itoa(size)}}
	if token != "" {
		query.Set("page_token", token)
	}
	var out agentsPage
	took, err := c.call(ctx, http.MethodGet, "/agents?"+query.Encode(), nil, &out)
	if err == nil && len(out.Agents) == 0 {
		err = errors.New("GET /agents: an empty page")
	}
	return out, took, err
}
