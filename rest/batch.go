package rest

import (
	"encoding/json"
	"net/http"

	"github.com/ollystack/control-plane/fleet"
)

type batchResults struct {
	Total     int           `json:"total"`
	Succeeded int           `json:"succeeded"`
	Failed    int           `json:"failed"`
	Results   []batchResult `json:"results"`
}

// batchResult is what became of one agent. Status is 200, or what the act on this agent alone would have answered.
type batchResult struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status int    `json:"status"`
	Error  string `json:"error"`
}

func (a *api) batchAgents(r *http.Request) (reply, error) {
	body, err := a.jsonBody(r, jsonTypes...)
	if err != nil {
		return reply{}, err
	}
	var b fleet.Batch
	var action string
	body.text("selector", &b.Selector)
	body.list("ids", &b.IDs)
	body.text("action", &action)
	var all bool
	if b.Labels, all = body.patch("labels"); all {
		body.wrong("labels", "an object", json.RawMessage("null"))
	}
	body.text("config_id", &b.Config)
	body.number("version", &b.Version)
	if err := body.done(); err != nil {
		return reply{}, err
	}
	b.Action = fleet.BatchAction(action)
	o, err := writeOptions(r)
	if err != nil {
		return reply{}, err
	}
	if o.IfMatch != nil {
		return reply{}, fleet.Errorf(fleet.Invalid, "the header If-Match is of one agent; a batch takes none")
	}
	results, err := a.fleet.Batch(r.Context(), b, o)
	if err != nil {
		return reply{}, err
	}
	return reply{body: newBatchResults(results)}, nil
}

func newBatchResults(results []fleet.BatchResult) batchResults {
	out := batchResults{Total: len(results), Results: make([]batchResult, len(results))}
	for i, r := range results {
		out.Results[i] = batchResult{ID: r.ID, Name: r.Name, Status: http.StatusOK}
		if r.Err == nil {
			out.Succeeded++
			continue
		}
		p := problemOf(r.Err, "")
		out.Failed++
		out.Results[i].Status, out.Results[i].Error = p.Status, p.Detail
	}
	return out
}
