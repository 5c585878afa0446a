package fleet

import "time"

// EventType names what happened.
type EventType string

// The types of events. EventReset tells a subscriber that it has missed some and should read everything anew.
const (
	EventAgentConnected    EventType = "agent.connected"
	EventAgentDisconnected EventType = "agent.disconnected"
	EventAgentStatus       EventType = "agent.status"
	EventAgentConfig       EventType = "agent.config"
	EventConfigCreated     EventType = "config.created"
	EventConfigUpdated     EventType = "config.updated"
	EventConfigDeleted     EventType = "config.deleted"
	EventReset             EventType = "reset"
)

// Event is something that has happened. Agent is set for agent events, Config for config events.
type Event struct {
	ID     string // opaque; later events follow in order within one run of the server
	Type   EventType
	At     time.Time
	Agent  *AgentView // without bodies and trees
	Config *Config
}
