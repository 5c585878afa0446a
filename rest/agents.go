package rest

import (
	"context"
	"net/http"

	"github.com/ollystack/control-plane/fleet"
)

type agentList struct {
	Agents []agent `json:"agents"`
	Total  int     `json:"total_size"`
	Next   string  `json:"next_page_token,omitempty"`
}

// agentReadOnly are the fields of an agent that only the server writes.
var agentReadOnly = []string{
	"id", "name", "type", "version", "status", "connected", "transport", "remote_address", "attributes", "capabilities",
	"health", "components", "config", "effective_config", "first_seen_at", "connected_at", "last_seen_at",
}

// agentQuery reads the filters and the order; faults are q's.
func agentQuery(q *query) fleet.AgentQuery {
	return fleet.AgentQuery{
		Statuses:       oneOf(q, "status", fleet.AgentStatuses()),
		Connected:      q.flag("connected"),
		Selector:       q.text("selector"),
		Text:           q.text("q"),
		Config:         q.text("config_id"),
		ConfigStatuses: oneOf(q, "config_status", fleet.DeliveryStates()),
		Page:           q.page(),
	}
}

func (a *api) listAgents(r *http.Request) (reply, error) {
	q := queryOf(r)
	want := agentQuery(q)
	if err := q.err(); err != nil {
		return reply{}, err
	}
	page, err := a.fleet.Agents(want)
	if err != nil {
		return reply{}, err
	}
	return agentPage(page), nil
}

func agentPage(page fleet.AgentPage) reply {
	return reply{body: agentList{Agents: newAgents(page.Agents), Total: page.Total, Next: page.Next}}
}

func (a *api) getAgent(r *http.Request) (reply, error) {
	v, err := a.fleet.Agent(r.Context(), pathVar(r, "id"))
	if err != nil {
		return reply{}, err
	}
	return oneAgent(&v), nil
}

func oneAgent(v *fleet.AgentView) reply {
	return reply{etag: v.Tag(), body: newAgent(v)}
}

func (a *api) patchAgent(r *http.Request) (reply, error) {
	body, err := a.jsonBody(r, patchTypes...)
	if err != nil {
		return reply{}, err
	}
	changes, all := body.patch("labels")
	body.ignore(agentReadOnly...)
	if err := body.done(); err != nil {
		return reply{}, err
	}
	o, err := writeOptions(r)
	if err != nil {
		return reply{}, err
	}
	ref := pathVar(r, "id")
	var v fleet.AgentView
	if all {
		v, err = a.dropLabels(r.Context(), ref, o)
	} else {
		v, err = a.fleet.PatchLabels(r.Context(), ref, changes, o)
	}
	if err != nil {
		return reply{}, err
	}
	return a.wholeAgent(r.Context(), &v), nil
}

// wholeAgent answers an agent that has just been written, with the bodies that a write does not read.
func (a *api) wholeAgent(ctx context.Context, written *fleet.AgentView) reply {
	v, err := a.fleet.Agent(ctx, written.Agent.UID.String())
	if err != nil { // forgotten again already; what was done stays done
		return oneAgent(written)
	}
	return oneAgent(&v)
}

// dropLabels takes every label away, those that somebody else adds meanwhile not included: it asks for what it has seen.
func (a *api) dropLabels(ctx context.Context, ref string, o fleet.WriteOptions) (fleet.AgentView, error) {
	const attempts = 10
	var err error
	for range attempts {
		var seen fleet.AgentView
		if seen, err = a.fleet.Agent(ctx, ref); err != nil {
			return fleet.AgentView{}, err
		}
		if o.IfMatch != nil && !matches(o.IfMatch, seen.Tag()) {
			return fleet.AgentView{}, staleError()
		}
		changes := make(map[string]*string, len(seen.Agent.Labels))
		for key := range seen.Agent.Labels {
			changes[key] = nil
		}
		var v fleet.AgentView
		v, err = a.fleet.PatchLabels(ctx, seen.Agent.UID.String(), changes, fleet.WriteOptions{IfMatch: []string{seen.Tag()}})
		if err == nil || fleet.KindOf(err) != fleet.Stale {
			return v, err
		}
	}
	return fleet.AgentView{}, err
}

func (a *api) deleteAgent(r *http.Request) (reply, error) {
	o, err := writeOptions(r)
	if err != nil {
		return reply{}, err
	}
	if err := a.fleet.ForgetAgent(r.Context(), pathVar(r, "id"), o); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

func (a *api) restartAgent(r *http.Request) (reply, error) {
	ref, err := a.act(r)
	if err != nil {
		return reply{}, err
	}
	v, err := a.fleet.Restart(r.Context(), ref)
	if err != nil {
		return reply{}, err
	}
	answer := a.wholeAgent(r.Context(), &v)
	answer.status = http.StatusAccepted
	return answer, nil
}

// act prepares what is done to an agent without writing to it: the request has no body, and its condition, if any, holds.
func (a *api) act(r *http.Request) (ref string, err error) {
	ref = pathVar(r, "id")
	if err := a.noBody(r); err != nil {
		return "", err
	}
	if r.Header.Values("If-Match") == nil {
		return ref, nil
	}
	v, err := a.fleet.Agent(r.Context(), ref)
	if err != nil {
		return "", err
	}
	return ref, checkMatch(r, v.Tag())
}
