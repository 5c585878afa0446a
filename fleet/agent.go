package fleet

import (
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"
)

// Attribute is one thing that an agent says of itself. Values that are not
// strings on the wire are printed: numbers and booleans as in JSON, arrays and
// maps as JSON, bytes in base64.
type Attribute struct {
	Key   string `json:"k"`
	Value string `json:"v"`
}

// Attributes are sorted by key, each key once. They are never changed in place.
type Attributes []Attribute

// Get returns the value under key.
func (a Attributes) Get(key string) (string, bool) {
	i, found := slices.BinarySearchFunc(a, key, func(x Attribute, k string) int { return strings.Compare(x.Key, k) })
	if !found {
		return "", false
	}
	return a[i].Value, true
}

// NewAttributes sorts list and drops all but the last of equal keys. It takes list over.
func NewAttributes(list []Attribute) Attributes {
	slices.SortStableFunc(list, func(x, y Attribute) int { return strings.Compare(x.Key, y.Key) })
	out := list[:0]
	for i, kv := range list {
		if i+1 < len(list) && list[i+1].Key == kv.Key {
			continue
		}
		out = append(out, kv)
	}
	return out
}

// Description is who an agent says it is. Source: OpAMP, AgentDescription.
type Description struct {
	Identifying    Attributes `json:"identifying,omitempty"`
	NonIdentifying Attributes `json:"non_identifying,omitempty"`
}

func (d Description) equal(o Description) bool {
	return slices.Equal(d.Identifying, o.Identifying) && slices.Equal(d.NonIdentifying, o.NonIdentifying)
}

// Get returns the identifying attribute under key, else the non-identifying one.
func (d Description) Get(key string) (string, bool) {
	if v, ok := d.Identifying.Get(key); ok {
		return v, true
	}
	return d.NonIdentifying.Get(key)
}

// Health is what an agent or one of its components says of its own state.
// Source: OpAMP, ComponentHealth.
type Health struct {
	Healthy   bool      `json:"healthy"`
	Status    string    `json:"status,omitempty"`
	LastError string    `json:"last_error,omitempty"`
	StartedAt time.Time `json:"started_at,omitzero"`
	StatusAt  time.Time `json:"status_at,omitzero"`
	// Components is the tree below, by name; nil at a leaf and wherever only the summary is held.
	Components map[string]Health `json:"components,omitempty"`
}

// mapErrors replaces every error in h and its tree, in place.
func (h *Health) mapErrors(fn func(string) string) {
	if h.LastError != "" {
		h.LastError = fn(h.LastError)
	}
	for name, child := range h.Components {
		child.mapErrors(fn)
		h.Components[name] = child
	}
}

// digest is a hash of h and its tree, good for one seed.
func (h *Health) digest(seed maphash.Seed) uint64 {
	var d maphash.Hash
	d.SetSeed(seed)
	h.writeDigest(&d)
	return d.Sum64()
}

func (h *Health) writeDigest(d *maphash.Hash) {
	maphash.WriteComparable(d, [...]string{h.Status, h.LastError})
	maphash.WriteComparable(d, [...]int64{h.StartedAt.UnixNano(), h.StatusAt.UnixNano(), int64(len(h.Components))})
	maphash.WriteComparable(d, h.Healthy)
	for _, name := range slices.Sorted(maps.Keys(h.Components)) {
		d.WriteString(name)
		child := h.Components[name]
		child.writeDigest(d)
	}
}

// Assignment names the configuration that an operator meant for one agent. The zero value is none.
type Assignment struct {
	ConfigID ConfigID `json:"config_id,omitempty"`
	// Version is the version to run; 0 follows the newest.
	Version int `json:"version,omitempty"`
}

// OutcomeState is what became of an offer.
type OutcomeState uint8

// The states of an outcome.
const (
	OutcomeOffered OutcomeState = iota // sent; the agent has said nothing about it yet
	OutcomeApplying
	OutcomeApplied
	OutcomeFailed // not offered again until somebody retries
)

// Outcome remembers what became of offering one configuration to one agent.
type Outcome struct {
	Hash  ConfigHash   `json:"hash"`
	State OutcomeState `json:"state"`
	// Error is the agent's own, or says why the server gave up.
	Error string `json:"error,omitempty"`
	// Offers counts how often it was sent since the outcome began or was last retried.
	Offers int `json:"offers"`
	// Mentioned is set once the agent has named the hash in a RemoteConfigStatus.
	Mentioned bool `json:"mentioned,omitempty"`
	// Received is set once a later message of the agent shows that the offer has reached it.
	Received bool      `json:"received,omitempty"`
	At       time.Time `json:"at"`
}

// Agent is the record of one agent: the operator's part, and what the agent
// reported. Values are shared and never changed in place: a change is made on
// a copy.
type Agent struct {
	UID InstanceUID `json:"uid"`

	// The operator's part.
	Labels     map[string]string `json:"labels,omitempty"` // may be nil
	Assignment Assignment        `json:"assignment,omitzero"`
	// Revision counts the operator's writes to this record.
	Revision uint64 `json:"revision,omitempty"`

	// What the agent reported.
	Description  Description  `json:"description"`
	Capabilities Capabilities `json:"capabilities"`
	// Health is nil until the agent has reported any. In memory its tree is held only until it is stored.
	Health             *Health            `json:"health,omitempty"`
	RemoteConfigStatus RemoteConfigStatus `json:"remote_config_status,omitzero"`
	// EffectiveConfig names the stored body; empty until reported. EffectiveConfigRedacted says the same of it as its body.
	EffectiveConfig         ConfigHash `json:"effective_config,omitempty"`
	EffectiveConfigRedacted bool       `json:"effective_config_redacted,omitempty"`
	// ComponentsReported is the agent's own hash for its components, Components ours, which names the stored list.
	ComponentsReported ConfigHash `json:"components_reported,omitempty"`
	Components         ConfigHash `json:"components,omitempty"`
	SequenceNum        uint64     `json:"sequence_num"`

	// Outcomes are the latest first, at most maxOutcomes.
	Outcomes []Outcome `json:"outcomes,omitempty"`

	Transport       Transport `json:"transport,omitempty"`
	RemoteAddress   string    `json:"remote_address,omitempty"` // host:port
	FirstSeenAt     time.Time `json:"first_seen_at"`
	ConnectedAt     time.Time `json:"connected_at,omitzero"` // of the latest connection
	LastSeenAt      time.Time `json:"last_seen_at"`          // in a stored record: at the last change
	ConfigChangedAt time.Time `json:"config_changed_at,omitzero"`
}

// Transport is how an agent connects.
type Transport string

// The transports of OpAMP.
const (
	WebSocket Transport = "websocket"
	HTTP      Transport = "http"
)

// Name is what a person calls the agent: the label "name", else the attribute
// host.name, else service.instance.id, else the UID.
func (a *Agent) Name() string {
	if v := a.Labels["name"]; v != "" {
		return v
	}
	for _, key := range [...]string{"host.name", "service.instance.id"} {
		if v, ok := a.Description.Get(key); ok && v != "" {
			return v
		}
	}
	return a.UID.String()
}

// Type is the attribute service.name; empty if not reported.
func (a *Agent) Type() string { v, _ := a.Description.Get("service.name"); return v }

// Version is the attribute service.version; empty if not reported.
func (a *Agent) Version() string { v, _ := a.Description.Get("service.version"); return v }
