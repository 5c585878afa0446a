package fleet

// Link is one connection as the fleet sees it, implemented by opampsrv: a
// WebSocket, which may carry many agents, or the one link that stands for all
// of plain HTTP. Links are compared by identity. No method blocks or calls back
// into the Manager before it has returned.
type Link interface {
	Transport() Transport
	// Shared reports whether it has carried more than one UID, or, for plain HTTP, may.
	Shared() bool
	// Wake says that something may be due for uid: the link asks Manager.Due
	// soon. Wake-ups may be merged. On plain HTTP it does nothing.
	Wake(uid InstanceUID)
	// Probe asks the peer for a sign of life (a ping) and tells settled, once and
	// from another goroutine: true when a pong or a message came after the
	// call, false when the deadline passed or the connection ended.
	Probe(settled func(alive bool))
}

// Report is what one AgentToServer message said, decoded. What is nil or empty
// was not in the message and is unchanged. The Manager takes it over.
type Report struct {
	UID         InstanceUID
	SequenceNum uint64
	// Digest is a hash of the whole message: it tells a repeated message from another one with the same number.
	Digest        uint64
	RemoteAddress string       // host:port
	Capabilities  Capabilities // 0: not said
	Description   *Description
	Health        *Health // with its tree
	// EffectiveConfig is nil where it was not in the message.
	EffectiveConfig    ConfigMap
	RemoteConfigStatus *RemoteConfigStatus
	// ComponentsHash is the agent's own; Components is nil where only the hash was in the message.
	ComponentsHash ConfigHash
	Components     Components
	// Disconnecting is set by agent_disconnect.
	Disconnecting bool
	// RequestUID is set by the flag RequestInstanceUid.
	RequestUID bool
}

// Reply is what to tell an agent. The zero value, but for UID, is the bare
// acknowledgement.
type Reply struct {
	// UID is the one that the agent used, whatever it is to be called from now on.
	UID InstanceUID
	// NewUID is set where the agent is to take another one.
	NewUID           InstanceUID
	ReportFullState  bool
	ReportComponents bool
	// RemoteConfig is the offer; nil for none. It is shared: do not change it.
	RemoteConfig *RemoteConfig
	// Restart is the command; nothing else but UID is set then.
	Restart bool
}
