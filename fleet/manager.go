package fleet

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

var errStub = errors.New("not there yet")

// Options are what a Manager needs.
type Options struct {
	Store   Store
	Checker ConfigChecker
	// Redact replaces what looks like a credential in a reported configuration,
	// on a copy, and reports whether there was any. RedactText does so in an error message.
	Redact     func(ConfigMap) (ConfigMap, bool)
	RedactText func(string) string
	Logger     *slog.Logger
	Now        func() time.Time
	// FlushInterval is how long a reported change may wait before it is written.
	FlushInterval time.Duration
	// ForgetAfter: agents gone for longer are forgotten, assigned ones never; 0 is off.
	ForgetAfter time.Duration
	// HTTPTimeout: a plain-HTTP agent silent for so long is disconnected.
	HTTPTimeout time.Duration
	// FullStateRate is how many agents a second are asked for their full state at most.
	FullStateRate int
	// MaxAgents is how many connected agents one write may reach without confirmation.
	MaxAgents int
	// ObserveApplied, if set, is told the time from an offer to the agent's word that it applied it.
	ObserveApplied func(time.Duration)
}

// Manager holds the fleet.
type Manager struct{}

// Stats are counters since the start.
type Stats struct {
	OffersSent, OffersFailed uint64
}

// Open loads the fleet.
func Open(ctx context.Context, o Options) (*Manager, error) { return nil, errStub }

// Close saves everything and marks the clean stop.
func (m *Manager) Close(ctx context.Context) error { return errStub }

func (m *Manager) Receive(ctx context.Context, link Link, r *Report) (Reply, error) {
	return Reply{}, errStub
}
func (m *Manager) Due(link Link, uid InstanceUID) (Reply, bool) { return Reply{}, false }
func (m *Manager) Disconnected(link Link, uids ...InstanceUID)  {}
func (m *Manager) Agents(q AgentQuery) (AgentPage, error)       { return AgentPage{}, errStub }
func (m *Manager) Agent(ctx context.Context, ref string) (AgentView, error) {
	return AgentView{}, errStub
}
func (m *Manager) PatchLabels(ctx context.Context, ref string, patch map[string]*string, o WriteOptions) (AgentView, error) {
	return AgentView{}, errStub
}
func (m *Manager) ForgetAgent(ctx context.Context, ref string, o WriteOptions) error { return errStub }
func (m *Manager) Assign(ctx context.Context, ref, configRef string, version int, o WriteOptions) (AgentView, error) {
	return AgentView{}, errStub
}
func (m *Manager) Unassign(ctx context.Context, ref string, o WriteOptions) (AgentView, error) {
	return AgentView{}, errStub
}
func (m *Manager) Retry(ctx context.Context, ref string) (AgentView, error) {
	return AgentView{}, errStub
}
func (m *Manager) Restart(ctx context.Context, ref string) (AgentView, error) {
	return AgentView{}, errStub
}
func (m *Manager) Configs(q ConfigQuery) (ConfigPage, error) { return ConfigPage{}, errStub }
func (m *Manager) Config(ctx context.Context, ref string) (ConfigView, error) {
	return ConfigView{}, errStub
}
func (m *Manager) CreateConfig(ctx context.Context, spec ConfigSpec, o WriteOptions) (ConfigView, error) {
	return ConfigView{}, errStub
}
func (m *Manager) ReplaceConfig(ctx context.Context, ref string, spec ConfigSpec, o WriteOptions) (ConfigView, error) {
	return ConfigView{}, errStub
}
func (m *Manager) DeleteConfig(ctx context.Context, ref string, o WriteOptions) error { return errStub }
func (m *Manager) Versions(ctx context.Context, ref string, p Page) (VersionPage, error) {
	return VersionPage{}, errStub
}
func (m *Manager) Version(ctx context.Context, ref string, number int) (Version, error) {
	return Version{}, errStub
}
func (m *Manager) Rollback(ctx context.Context, ref string, number int, o WriteOptions) (ConfigView, error) {
	return ConfigView{}, errStub
}
func (m *Manager) ConfigAgents(ref string, p Page) (AgentPage, error) { return AgentPage{}, errStub }
func (m *Manager) Validate(body []byte) []Finding                     { return nil }
func (m *Manager) FleetStatus() FleetStatus                           { return FleetStatus{} }
func (m *Manager) Subscribe(lastID string) *Subscription              { return nil }
func (m *Manager) Authenticate(text string) (Caller, bool)            { return Caller{}, false }
func (m *Manager) CreateToken(ctx context.Context, name string, role Role) (Token, string, error) {
	return Token{}, "", errStub
}
func (m *Manager) Tokens() []Token                                  { return nil }
func (m *Manager) RevokeToken(ctx context.Context, id string) error { return errStub }
func (m *Manager) Stats() Stats                                     { return Stats{} }

// Subscription follows the events.
type Subscription struct{}

// Next waits for the next event.
func (s *Subscription) Next(ctx context.Context) (Event, error) { return Event{}, errStub }

// Tag names the state of the operator's part.
func (v AgentView) Tag() string { return "" }

// Tag names the state of the operator's part.
func (v ConfigView) Tag() string { return "" }
