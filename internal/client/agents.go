package client

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Agent is an agent. In lists Health has no Components, and Components and
// EffectiveConfig.Files are absent.
type Agent struct {
	ID            string            `json:"id"`
	Name          string            `json:"name"`
	Type          string            `json:"type"`
	Version       string            `json:"version"`
	Status        string            `json:"status"`
	Connected     bool              `json:"connected"`
	Transport     string            `json:"transport"`
	RemoteAddress string            `json:"remote_address"`
	Labels        map[string]string `json:"labels"`
	Attributes    struct {
		Identifying    map[string]string `json:"identifying"`
		NonIdentifying map[string]string `json:"non_identifying"`
	} `json:"attributes"`
	Capabilities    []string            `json:"capabilities"`
	Health          *Health             `json:"health"`
	Components      map[string][]string `json:"components,omitempty"`
	Config          ConfigState         `json:"config"`
	EffectiveConfig *EffectiveConfig    `json:"effective_config"`
	FirstSeenAt     time.Time           `json:"first_seen_at"`
	ConnectedAt     time.Time           `json:"connected_at,omitzero"`
	LastSeenAt      time.Time           `json:"last_seen_at"`

	Raw Raw `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Agent) UnmarshalJSON(b []byte) error {
	type fields Agent
	return keep(b, (*fields)(a), &a.Raw)
}

// MarshalJSON implements json.Marshaler.
func (a Agent) MarshalJSON() ([]byte, error) {
	type fields Agent
	return show(a.Raw, fields(a))
}

// Health is an agent's, or that of a part of it.
type Health struct {
	Healthy    bool              `json:"healthy"`
	Status     string            `json:"status"`
	LastError  string            `json:"last_error"`
	StartedAt  time.Time         `json:"started_at,omitzero"`
	StatusAt   time.Time         `json:"status_at,omitzero"`
	Components map[string]Health `json:"components,omitempty"`
}

// ConfigState is the configuration meant for an agent, and how far it has come.
type ConfigState struct {
	ConfigID  string    `json:"config_id"`
	Name      string    `json:"config_name"`
	Version   int       `json:"version"`
	Hash      string    `json:"hash"`
	Source    string    `json:"source"` // assignment, selector or none
	Status    string    `json:"status"`
	Error     string    `json:"error"`
	ChangedAt time.Time `json:"changed_at,omitzero"`

	Raw Raw `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *ConfigState) UnmarshalJSON(b []byte) error {
	type fields ConfigState
	return keep(b, (*fields)(s), &s.Raw)
}

// MarshalJSON implements json.Marshaler.
func (s ConfigState) MarshalJSON() ([]byte, error) {
	type fields ConfigState
	return show(s.Raw, fields(s))
}

// EffectiveConfig is what an agent says that it runs, with credentials hidden.
type EffectiveConfig struct {
	Hash     string            `json:"hash"`
	Files    map[string]string `json:"files,omitempty"`
	Redacted bool              `json:"redacted"`
}

// AgentFilter says which agents; all that is set must hold.
type AgentFilter struct {
	Status       []string
	Connected    *bool
	Selector     string
	Query        string // a substring of name, id, type, version or host.name
	Config       string // id or name
	ConfigStatus []string
	OrderBy      string // a field, or "field desc"; id where it is empty
}

func (f AgentFilter) query() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("status", strings.Join(f.Status, ","))
	set("selector", f.Selector)
	set("q", f.Query)
	set("config_id", f.Config)
	set("config_status", strings.Join(f.ConfigStatus, ","))
	set("order_by", f.OrderBy)
	if f.Connected != nil {
		q.Set("connected", strconv.FormatBool(*f.Connected))
	}
	return q
}

// Agents lists agents.
func (c *Client) Agents(ctx context.Context, f AgentFilter) iter.Seq2[Agent, error] {
	return pages[Agent](ctx, c, []string{"agents"}, f.query(), "agents")
}

// AgentsCSV writes the agents as CSV, a line each below the names of the columns, as they come.
func (c *Client) AgentsCSV(ctx context.Context, f AgentFilter, w io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(stallPatience, func() { cancel(errStalled) })
	defer watch.Stop()
	res, err := c.send(ctx, c.endless(), call{method: http.MethodGet, path: []string{"agents"}, query: f.query(), accept: "text/csv"})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != "text/csv" {
		return &Error{Kind: Failed, Server: c.base.Host, cause: fmt.Errorf("%s has no CSV: it is of an earlier version", c.base.Host)}
	}
	if _, err := io.Copy(w, &moving{in: res.Body, watch: watch}); err != nil {
		return fmt.Errorf("read the agents: %w", cmp.Or(context.Cause(ctx), err))
	}
	return nil
}

// FirstAgents lists at most n agents (1 to 1000) in one request, and says how many there are.
func (c *Client) FirstAgents(ctx context.Context, f AgentFilter, n int) (agents []Agent, total int, err error) {
	q := f.query()
	q.Set("page_size", strconv.Itoa(n))
	var answer struct {
		Agents []Agent `json:"agents"`
		Total  int     `json:"total_size"`
	}
	_, err = c.do(ctx, call{method: http.MethodGet, path: []string{"agents"}, query: q}, &answer)
	return answer.Agents, answer.Total, err
}

// Agent shows one agent, whole; ref is its UID, service.instance.id or name.
func (c *Client) Agent(ctx context.Context, ref string) (Agent, error) {
	var a Agent
	_, err := c.do(ctx, call{method: http.MethodGet, path: []string{"agents", ref}}, &a)
	return a, err
}

// LabelAgent changes an agent's labels; nil takes one away.
func (c *Client) LabelAgent(ctx context.Context, ref string, labels map[string]*string) (Agent, error) {
	var a Agent
	_, err := c.do(ctx, call{
		method: http.MethodPatch, path: []string{"agents", ref}, contentType: "application/merge-patch+json",
		in: map[string]any{"labels": labels},
	}, &a)
	return a, err
}

// ForgetAgent deletes the record of an agent that is not connected.
func (c *Client) ForgetAgent(ctx context.Context, ref string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, path: []string{"agents", ref}}, nil)
	return err
}

// AssignConfig assigns a configuration, in one version or (0) always the newest.
func (c *Client) AssignConfig(ctx context.Context, ref, config string, version int) (ConfigState, error) {
	in := map[string]any{"config_id": config}
	if version != 0 {
		in["version"] = version
	}
	var s ConfigState
	_, err := c.do(ctx, call{method: http.MethodPut, path: []string{"agents", ref, "config"}, in: in}, &s)
	return s, err
}

// UnassignConfig takes the assignment away: selectors decide again.
func (c *Client) UnassignConfig(ctx context.Context, ref string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, path: []string{"agents", ref, "config"}}, nil)
	return err
}

// RetryConfig offers once more what the agent reported as failed.
func (c *Client) RetryConfig(ctx context.Context, ref string) error {
	_, err := c.do(ctx, call{method: http.MethodPost, path: []string{"agents", ref, "config", "retry"}}, nil)
	return err
}

// RestartAgent asks a connected agent to restart.
func (c *Client) RestartAgent(ctx context.Context, ref string) error {
	_, err := c.do(ctx, call{method: http.MethodPost, path: []string{"agents", ref, "restart"}}, nil)
	return err
}

// EffectiveConfig is the file that an agent says it runs, as YAML.
func (c *Client) EffectiveConfig(ctx context.Context, ref string) ([]byte, error) {
	text, _, err := c.text(ctx, call{method: http.MethodGet, path: []string{"agents", ref, "effective-config"}})
	return text, err
}
