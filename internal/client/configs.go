package client

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ConfigSpec is the part of a configuration that operators write.
type ConfigSpec struct {
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Config      string            `json:"config"`
	Labels      map[string]string `json:"labels,omitempty"`
	Selector    string            `json:"selector,omitempty"`
	Priority    int               `json:"priority,omitempty"`
}

// Same reports whether both say the same.
func (s ConfigSpec) Same(other ConfigSpec) bool {
	return s.Name == other.Name && s.Description == other.Description && s.Config == other.Config &&
		maps.Equal(s.Labels, other.Labels) && s.Selector == other.Selector && s.Priority == other.Priority
}

// Config is a configuration; in lists without its body.
type Config struct {
	ConfigSpec
	ID        string       `json:"id"`
	Version   int          `json:"version"`
	Hash      string       `json:"hash"`
	Agents    ConfigCounts `json:"agents"`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`

	ETag string `json:"-"` // names its state, for IfMatch; empty in lists
	Raw  Raw    `json:"-"`
}

// ConfigCounts says how the agents are doing that a configuration is meant for.
type ConfigCounts struct {
	Total       int `json:"total"`
	Applied     int `json:"applied"`
	Applying    int `json:"applying"`
	Pending     int `json:"pending"`
	Failed      int `json:"failed"`
	Unsupported int `json:"unsupported"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Config) UnmarshalJSON(b []byte) error {
	type fields Config
	return keep(b, (*fields)(c), &c.Raw)
}

// MarshalJSON implements json.Marshaler.
func (c Config) MarshalJSON() ([]byte, error) {
	type fields Config
	return show(c.Raw, fields(c))
}

// Version is one version of a configuration; in lists without its body.
type Version struct {
	ConfigID  string    `json:"config_id"`
	Version   int       `json:"version"`
	Config    string    `json:"config,omitempty"`
	Hash      string    `json:"hash"`
	CreatedAt time.Time `json:"created_at"`

	Raw Raw `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *Version) UnmarshalJSON(b []byte) error {
	type fields Version
	return keep(b, (*fields)(v), &v.Raw)
}

// MarshalJSON implements json.Marshaler.
func (v Version) MarshalJSON() ([]byte, error) {
	type fields Version
	return show(v.Raw, fields(v))
}

// ConfigFilter says which configurations; all that is set must hold.
type ConfigFilter struct {
	Query    string
	Selector string // over the configurations' labels
	OrderBy  string
}

// Configs lists configurations, without their bodies.
func (c *Client) Configs(ctx context.Context, f ConfigFilter) iter.Seq2[Config, error] {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Query, "selector": f.Selector, "order_by": f.OrderBy} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return pages[Config](ctx, c, []string{"configs"}, q, "configs")
}

// Config shows one configuration with its newest body; ref is its id or name.
func (c *Client) Config(ctx context.Context, ref string) (Config, error) {
	return c.config(ctx, call{method: http.MethodGet, path: []string{"configs", ref}})
}

func (c *Client) config(ctx context.Context, r call) (Config, error) {
	var out Config
	header, err := c.do(ctx, r, &out)
	if err == nil {
		out.ETag = header.Get("ETag")
	}
	return out, err
}

// WriteOptions are conditions of a write.
type WriteOptions struct {
	IfMatch string // the ETag that it is meant for; empty: whatever is there
	Confirm int    // how many connected agents may be reached, where that is more than the guard allows
}

// CreateConfig creates a configuration.
func (c *Client) CreateConfig(ctx context.Context, spec ConfigSpec, o WriteOptions) (Config, error) {
	return c.config(ctx, call{method: http.MethodPost, path: []string{"configs"}, query: confirmed(o.Confirm), in: spec, ifMatch: o.IfMatch})
}

// SeedConfig creates a configuration whose name was never seeded and that does not exist, and
// reports whether it did.
func (c *Client) SeedConfig(ctx context.Context, spec ConfigSpec) (created bool, err error) {
	out, err := c.config(ctx, call{method: http.MethodPost, path: []string{"configs"}, query: url.Values{"once": {"true"}}, in: spec})
	return out.ID != "", err
}

// ReplaceConfig writes all of a configuration; what spec leaves out goes back to its default.
func (c *Client) ReplaceConfig(ctx context.Context, ref string, spec ConfigSpec, o WriteOptions) (Config, error) {
	return c.config(ctx, call{method: http.MethodPut, path: []string{"configs", ref}, query: confirmed(o.Confirm), in: spec, ifMatch: o.IfMatch})
}

// DeleteConfig deletes a configuration. With detach, agents that have it go first.
func (c *Client) DeleteConfig(ctx context.Context, ref string, detach bool, o WriteOptions) error {
	q := confirmed(o.Confirm)
	if detach {
		q.Set("detach", "true")
	}
	_, err := c.do(ctx, call{method: http.MethodDelete, path: []string{"configs", ref}, query: q, ifMatch: o.IfMatch}, nil)
	return err
}

// Versions lists a configuration's versions, without their bodies.
func (c *Client) Versions(ctx context.Context, ref string) iter.Seq2[Version, error] {
	return pages[Version](ctx, c, []string{"configs", ref, "versions"}, nil, "versions")
}

// Version shows one version with its body.
func (c *Client) Version(ctx context.Context, ref string, n int) (Version, error) {
	var v Version
	_, err := c.do(ctx, call{method: http.MethodGet, path: []string{"configs", ref, "versions", strconv.Itoa(n)}}, &v)
	return v, err
}

// DiffVersions is a unified diff of two versions, empty where they are equal; to 0 is the newest, from 0
// the one before to.
func (c *Client) DiffVersions(ctx context.Context, ref string, from, to int) (string, error) {
	q := url.Values{}
	if from != 0 {
		q.Set("from", strconv.Itoa(from))
	}
	if to != 0 {
		q.Set("to", strconv.Itoa(to))
	}
	text, _, err := c.text(ctx, call{method: http.MethodGet, path: []string{"configs", ref, "diff"}, query: q})
	return string(text), err
}

// RollbackConfig makes a new version with the body of an earlier one.
func (c *Client) RollbackConfig(ctx context.Context, ref string, version int, o WriteOptions) (Config, error) {
	return c.config(ctx, call{
		method: http.MethodPost, path: []string{"configs", ref, "rollback"}, query: confirmed(o.Confirm),
		in: map[string]int{"version": version}, ifMatch: o.IfMatch,
	})
}

// ConfigAgents lists the agents that hold a configuration or should.
func (c *Client) ConfigAgents(ctx context.Context, ref string) iter.Seq2[Agent, error] {
	return pages[Agent](ctx, c, []string{"configs", ref, "agents"}, nil, "agents")
}

// ValidateConfig has the server check a body, and store nothing.
func (c *Client) ValidateConfig(ctx context.Context, body string) ([]Finding, error) {
	var out struct {
		Findings []Finding `json:"findings"`
	}
	_, err := c.do(ctx, call{method: http.MethodPost, path: []string{"configs", "validate"}, in: map[string]string{"config": body}}, &out)
	return out.Findings, err
}
