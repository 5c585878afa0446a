package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Actions of a batch.
const (
	ActionLabels   = "labels"
	ActionAssign   = "assign"
	ActionUnassign = "unassign"
	ActionRetry    = "retry"
	ActionRestart  = "restart"
)

// Batch is one act on many agents, which a selector or a list names.
type Batch struct {
	Selector string             `json:"selector,omitempty"`
	IDs      []string           `json:"ids,omitempty"`
	Action   string             `json:"action"`
	Labels   map[string]*string `json:"labels,omitempty"`
	ConfigID string             `json:"config_id,omitempty"`
	Version  int                `json:"version,omitempty"`
}

// BatchResult is what became of it.
type BatchResult struct {
	Total     int          `json:"total"`
	Succeeded int          `json:"succeeded"`
	Failed    int          `json:"failed"`
	Results   []BatchOfOne `json:"results"`

	Raw Raw `json:"-"`
}

// BatchOfOne is what became of it for one agent.
type BatchOfOne struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status int    `json:"status"` // as of a request for this agent alone
	Error  string `json:"error"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *BatchResult) UnmarshalJSON(b []byte) error {
	type fields BatchResult
	return keep(b, (*fields)(r), &r.Raw)
}

// MarshalJSON implements json.Marshaler.
func (r BatchResult) MarshalJSON() ([]byte, error) {
	type fields BatchResult
	return show(r.Raw, fields(r))
}

// RunBatch acts on many agents. confirm is how many connected agents may be reached, where that is
// more than the guard allows; 0 leaves it to the guard.
func (c *Client) RunBatch(ctx context.Context, b Batch, confirm int) (BatchResult, error) {
	var result BatchResult
	_, err := c.do(ctx, call{method: http.MethodPost, path: []string{"agents:batch"}, query: confirmed(confirm), in: b}, &result)
	return result, err
}

func confirmed(agents int) url.Values {
	q := url.Values{}
	if agents > 0 {
		q.Set("confirm_agents", strconv.Itoa(agents))
	}
	return q
}
