package client

import (
	"context"
	"net/http"
)

// Preview says what writing a configuration would do.
type Preview struct {
	Valid     bool            `json:"valid"`
	Findings  []Finding       `json:"findings"`
	Total     int             `json:"total"` // agents that would have it
	Gains     int             `json:"gains"`
	Loses     int             `json:"loses"`
	Updates   int             `json:"updates"`
	Reached   int             `json:"reached"`            // connected agents that would be sent something at once
	Confirm   bool            `json:"needs_confirmation"` // that is more than the guard allows
	Changes   []PreviewChange `json:"changes"`            // the first ones by name
	Truncated bool            `json:"changes_truncated"`
}

// PreviewChange is what it would do to one agent.
type PreviewChange struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	Change string         `json:"change"` // gains, loses or updates
	From   *PreviewConfig `json:"from"`
	To     *PreviewConfig `json:"to"`
}

// PreviewConfig names a configuration.
type PreviewConfig struct {
	ID   string `json:"config_id"`
	Name string `json:"config_name"`
}

// PreviewConfig says what creating a configuration (ref is empty) or replacing the one called ref would do.
func (c *Client) PreviewConfig(ctx context.Context, ref string, spec ConfigSpec) (Preview, error) {
	in := struct {
		ConfigSpec

		Ref string `json:"config_id,omitempty"`
	}{spec, ref}
	var p Preview
	_, err := c.do(ctx, call{method: http.MethodPost, path: []string{"configs", "preview"}, in: in}, &p)
	return p, err
}
