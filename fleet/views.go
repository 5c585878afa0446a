package fleet

import "time"

// AgentStatus is the state of an agent at a glance.
type AgentStatus string

// The states. Unknown: connected, and has reported no health.
const (
	StatusHealthy      AgentStatus = "healthy"
	StatusUnhealthy    AgentStatus = "unhealthy"
	StatusDisconnected AgentStatus = "disconnected"
	StatusUnknown      AgentStatus = "unknown"
)

// AgentStatuses lists every AgentStatus.
func AgentStatuses() []AgentStatus {
	return []AgentStatus{StatusHealthy, StatusUnhealthy, StatusDisconnected, StatusUnknown}
}

// DeliveryState says how far the configuration meant for an agent has come.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryUnassigned  DeliveryState = "unassigned"  // none is meant for it
	DeliveryUnsupported DeliveryState = "unsupported" // it does not accept remote configuration
	DeliveryPending     DeliveryState = "pending"     // to be delivered
	DeliveryApplying    DeliveryState = "applying"    // delivered; no result yet
	DeliveryApplied     DeliveryState = "applied"
	DeliveryFailed      DeliveryState = "failed"
)

// DeliveryStates lists every DeliveryState.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{
		DeliveryApplied, DeliveryApplying, DeliveryPending, DeliveryFailed, DeliveryUnassigned, DeliveryUnsupported,
	}
}

// ConfigSource says why a configuration is meant for an agent.
type ConfigSource string

// The sources.
const (
	SourceAssignment ConfigSource = "assignment"
	SourceSelector   ConfigSource = "selector"
	SourceNone       ConfigSource = "none"
)

// ConfigState is the configuration meant for an agent and how far it has come.
// ConfigID, Name, Version and Hash are empty where Source is SourceNone.
type ConfigState struct {
	ConfigID  ConfigID
	Name      string
	Version   int
	Hash      ConfigHash
	Source    ConfigSource
	State     DeliveryState
	Error     string    // the agent's, where State is DeliveryFailed
	ChangedAt time.Time // when State last changed; zero if it never did
}

// AgentView is an agent as it is now: its record, and what follows from it.
type AgentView struct {
	// Agent is the record; LastSeenAt is exact. In lists Health has no Components.
	Agent     Agent
	Connected bool
	Status    AgentStatus
	Config    ConfigState
	// The two below are set for a single agent only, and nil where it has not reported any.
	EffectiveConfig *EffectiveConfig
	Components      Components
}

// AgentQuery selects and orders agents. Fields left zero do not filter; all that are set must hold.
type AgentQuery struct {
	Statuses       []AgentStatus
	Connected      *bool
	Selector       string // Kubernetes' syntax, over labels and attributes together
	Text           string // a substring, in any case, of name, UID, type, version, host.name
	Config         string // id or name: the agents that the configuration is meant for
	ConfigStatuses []DeliveryState
	Page           Page
}

// Page is a request for one page of an ordered list.
type Page struct {
	Size  int    // 1 to 1000; 0 means 100
	Token string // from the page before; empty for the first
	// OrderBy is a field, optionally followed by " desc"; empty means "id".
	OrderBy string
}

// AgentPage is one page of agents.
type AgentPage struct {
	Agents []AgentView
	Total  int    // that match, on all pages
	Next   string // the next page's token; empty on the last page
}

// ConfigCounts says how the agents are doing that a configuration is meant for.
type ConfigCounts struct {
	Total, Applied, Applying, Pending, Failed, Unsupported int
}

// ConfigView is a configuration and how its agents are doing.
type ConfigView struct {
	Config Config
	Body   []byte // the newest version's; nil in lists
	Agents ConfigCounts
}

// ConfigQuery selects and orders configurations.
type ConfigQuery struct {
	Text     string // a substring, in any case, of name, id and description
	Selector string // over the configurations' labels
	Page     Page
}

// ConfigPage is one page of configurations.
type ConfigPage struct {
	Configs []ConfigView
	Total   int
	Next    string
}

// VersionPage is one page of a configuration's versions, newest last unless ordered otherwise.
type VersionPage struct {
	Versions []Version // without bodies
	Total    int
	Next     string
}

// ConfigSpec is what an operator writes of a configuration.
type ConfigSpec struct {
	Name        string
	Description string
	Body        []byte
	Labels      map[string]string
	Selector    string
	Priority    int
}

// WriteOptions are the conditions on an operator's write.
type WriteOptions struct {
	// IfMatch lists the tags of which one must be current; "*" is any existing. Nil: unconditional. Else Stale.
	IfMatch []string
	// Confirm is how many connected agents the caller expects to be reached, at most; 0: not said.
	Confirm int
	// Detach lets agents go that depend on what is deleted.
	Detach bool
}

// VersionCount counts the agents of one type and version.
type VersionCount struct {
	Type    string
	Version string
	Agents  int
}

// FleetStatus is the fleet in numbers.
type FleetStatus struct {
	Total, Connected int
	ByStatus         map[AgentStatus]int   // every status is a key
	ByConfig         map[DeliveryState]int // every state is a key
	Versions         []VersionCount        // most agents first
	GeneratedAt      time.Time
}
