package rest

import (
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// agent is an agent as the API shows it. In lists Health has no Components, and
// Components and EffectiveConfig.Files are left out.
type agent struct {
	ID              string            `json:"id"`
	Name            string            `json:"name"`
	Type            string            `json:"type"`
	Version         string            `json:"version"`
	Status          fleet.AgentStatus `json:"status"`
	Connected       bool              `json:"connected"`
	Transport       fleet.Transport   `json:"transport,omitempty"`
	RemoteAddress   string            `json:"remote_address,omitempty"`
	Labels          map[string]string `json:"labels"`
	Attributes      attributes        `json:"attributes"`
	Capabilities    []string          `json:"capabilities"`
	Health          *health           `json:"health,omitempty"` // until it has reported any
	Components      fleet.Components  `json:"components,omitempty"`
	Config          configState       `json:"config"`
	EffectiveConfig *effectiveConfig  `json:"effective_config,omitempty"` // until it has reported any
	FirstSeenAt     time.Time         `json:"first_seen_at"`
	ConnectedAt     time.Time         `json:"connected_at,omitzero"`
	LastSeenAt      time.Time         `json:"last_seen_at,omitzero"`
}

type attributes struct {
	Identifying    map[string]string `json:"identifying"`
	NonIdentifying map[string]string `json:"non_identifying"`
}

// health is the whole agent's.
type health struct {
	Healthy    bool                       `json:"healthy"`
	Status     string                     `json:"status"`
	LastError  string                     `json:"last_error"`
	StartedAt  time.Time                  `json:"started_at,omitzero"`
	StatusAt   time.Time                  `json:"status_at,omitzero"`
	Components map[string]componentHealth `json:"components,omitempty"`
}

// componentHealth is one node of the tree below; what it does not say is left out.
type componentHealth struct {
	Healthy    bool                       `json:"healthy"`
	Status     string                     `json:"status,omitempty"`
	LastError  string                     `json:"last_error,omitempty"`
	StartedAt  time.Time                  `json:"started_at,omitzero"`
	StatusAt   time.Time                  `json:"status_at,omitzero"`
	Components map[string]componentHealth `json:"components,omitempty"`
}

// configState is the configuration meant for an agent. Where none is, source,
// status and error stand alone.
type configState struct {
	ConfigID  fleet.ConfigID      `json:"config_id,omitempty"`
	Name      string              `json:"config_name,omitempty"`
	Version   int                 `json:"version,omitempty"`
	Hash      string              `json:"hash,omitempty"`
	Source    fleet.ConfigSource  `json:"source"`
	Status    fleet.DeliveryState `json:"status"`
	Error     string              `json:"error"`
	ChangedAt time.Time           `json:"changed_at,omitzero"`
}

type effectiveConfig struct {
	Hash     string            `json:"hash"`
	Files    map[string]string `json:"files,omitempty"`
	Redacted bool              `json:"redacted"`
}

func newAgent(v *fleet.AgentView) agent {
	a := &v.Agent
	return agent{
		ID: a.UID.String(), Name: a.Name(), Type: a.Type(), Version: a.Version(),
		Status: v.Status, Connected: v.Connected,
		Transport: a.Transport, RemoteAddress: a.RemoteAddress,
		Labels: orEmpty(a.Labels),
		Attributes: attributes{
			Identifying:    newAttributes(a.Description.Identifying),
			NonIdentifying: newAttributes(a.Description.NonIdentifying),
		},
		Capabilities:    a.Capabilities.Names(),
		Health:          newHealth(a.Health),
		Components:      v.Components,
		Config:          newConfigState(&v.Config),
		EffectiveConfig: newEffectiveConfig(v),
		FirstSeenAt:     a.FirstSeenAt.UTC(), ConnectedAt: a.ConnectedAt.UTC(), LastSeenAt: a.LastSeenAt.UTC(),
	}
}

// newAgents is for lists.
func newAgents(views []fleet.AgentView) []agent {
	out := make([]agent, len(views))
	for i := range views {
		out[i] = newAgent(&views[i])
		if out[i].Health != nil {
			out[i].Health.Components = nil
		}
		out[i].Components = nil
		if out[i].EffectiveConfig != nil {
			out[i].EffectiveConfig.Files = nil
		}
	}
	return out
}

func newAttributes(list fleet.Attributes) map[string]string {
	out := make(map[string]string, len(list))
	for _, kv := range list {
		out[kv.Key] = kv.Value
	}
	return out
}

func newHealth(h *fleet.Health) *health {
	if h == nil {
		return nil
	}
	return &health{
		Healthy: h.Healthy, Status: h.Status, LastError: h.LastError,
		StartedAt: h.StartedAt.UTC(), StatusAt: h.StatusAt.UTC(), Components: newComponentHealths(h.Components),
	}
}

func newComponentHealths(tree map[string]fleet.Health) map[string]componentHealth {
	if len(tree) == 0 {
		return nil
	}
	out := make(map[string]componentHealth, len(tree))
	for name, h := range tree {
		out[name] = componentHealth{
			Healthy: h.Healthy, Status: h.Status, LastError: h.LastError,
			StartedAt: h.StartedAt.UTC(), StatusAt: h.StatusAt.UTC(), Components: newComponentHealths(h.Components),
		}
	}
	return out
}

func newConfigState(s *fleet.ConfigState) configState {
	return configState{
		ConfigID: s.ConfigID, Name: s.Name, Version: s.Version, Hash: s.Hash.String(),
		Source: s.Source, Status: s.State, Error: s.Error, ChangedAt: s.ChangedAt.UTC(),
	}
}

// newEffectiveConfig says what is known: of an agent in a list, all but the files.
func newEffectiveConfig(v *fleet.AgentView) *effectiveConfig {
	if v.Agent.EffectiveConfig == "" {
		return nil
	}
	out := &effectiveConfig{Hash: v.Agent.EffectiveConfig.String(), Redacted: v.Agent.EffectiveConfigRedacted}
	if v.EffectiveConfig != nil && len(v.EffectiveConfig.Files) > 0 {
		out.Files = make(map[string]string, len(v.EffectiveConfig.Files))
		for name, file := range v.EffectiveConfig.Files {
			out.Files[name] = string(file.Body)
		}
	}
	return out
}

// orEmpty shows a map that may be nil as {} and never as null.
func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
