package rest

import (
	"net/http"

	"github.com/ollystack/control-plane/fleet"
)

// preview is what storing a configuration would change.
type preview struct {
	Valid     bool            `json:"valid"`
	Findings  []finding       `json:"findings"`
	Total     int             `json:"total"`
	Gains     int             `json:"gains"`
	Loses     int             `json:"loses"`
	Updates   int             `json:"updates"`
	Reached   int             `json:"reached"`
	Confirm   bool            `json:"needs_confirmation"`
	Changes   []previewChange `json:"changes"`
	Truncated bool            `json:"changes_truncated,omitempty"`
}

type previewChange struct {
	ID   string            `json:"id"`
	Name string            `json:"name"`
	Kind fleet.PreviewKind `json:"change"`
	From *configRef        `json:"from"`
	To   *configRef        `json:"to"`
}

// configRef names a configuration; one that is not stored yet has no id.
type configRef struct {
	ID   fleet.ConfigID `json:"config_id,omitempty"`
	Name string         `json:"config_name"`
}

// previewConfig takes what a PUT or a POST of a configuration takes, and which one a PUT would be of.
func (a *api) previewConfig(r *http.Request) (reply, error) {
	body, err := a.jsonBody(r, jsonTypes...)
	if err != nil {
		return reply{}, err
	}
	var ref string
	body.text("config_id", &ref)
	spec := configSpecOf(body)
	if err := body.done(); err != nil {
		return reply{}, err
	}
	p, err := a.fleet.Preview(ref, spec)
	if err != nil {
		return reply{}, err
	}
	return reply{body: newPreview(&p)}, nil
}

func newPreview(p *fleet.Preview) preview {
	out := preview{
		Valid: !fleet.HasErrors(p.Findings), Findings: newFindings(p.Findings),
		Total: p.Total, Gains: p.Gains, Loses: p.Loses, Updates: p.Updates, Reached: p.Reached, Confirm: p.Confirm,
		Changes: make([]previewChange, len(p.Changes)), Truncated: p.Truncated,
	}
	for i, c := range p.Changes {
		out.Changes[i] = previewChange{
			ID: c.UID.String(), Name: c.Name, Kind: c.Kind, From: (*configRef)(c.From), To: (*configRef)(c.To),
		}
	}
	return out
}
