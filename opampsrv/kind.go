package opampsrv

import "github.com/open-telemetry/opamp-go/protobufs"

// messageKind sorts messages from agents by what is most telling in them.
type messageKind uint8

const (
	kindHeartbeat  messageKind = iota // nothing but who it is
	kindFull                          // describes the agent
	kindStatus                        // of the remote configuration
	kindConfig                        // the effective configuration
	kindHealth                        //
	kindComponents                    //
	kindDisconnect                    //
	kindOther                         //
	kindCount
)

var kindNames = [kindCount]string{"heartbeat", "full", "status", "config", "health", "components", "disconnect", "other"}

func (k messageKind) String() string { return kindNames[k] }

func kindOf(m *protobufs.AgentToServer) messageKind {
	switch {
	case m.GetAgentDisconnect() != nil:
		return kindDisconnect
	case m.GetAgentDescription() != nil:
		return kindFull
	case m.GetRemoteConfigStatus() != nil:
		return kindStatus
	case m.GetEffectiveConfig() != nil:
		return kindConfig
	case m.GetHealth() != nil:
		return kindHealth
	case m.GetAvailableComponents() != nil:
		return kindComponents
	case m.GetFlags() != 0 || m.GetPackageStatuses() != nil || m.GetConnectionSettingsRequest() != nil ||
		m.GetCustomCapabilities() != nil || m.GetCustomMessage() != nil || m.GetConnectionSettingsStatus() != nil:
		return kindOther
	}
	return kindHeartbeat
}

// reason says why a request, a message or a connection was not taken.
type reason uint8

const (
	notRejected reason = iota

	// Before a connection is.
	rejectedStopping
	rejectedOrigin
	rejectedToken
	rejectedConnections
	rejectedRate
	rejectedHandshake
	rejectedMethod
	rejectedContentType
	rejectedContentEncoding

	// What a peer sent. Repeated, they end a WebSocket.
	badText
	badHeader
	badProtobuf
	badUID
	badUIDHeader
	badTree
	badCompression
	badFrame

	// What ends a connection or request at once.
	tooLarge
	tooLong
	tooSlow
	tooBusy
	tooQuiet
	tooManyBad
	revokedToken

	// What the fleet did not take.
	refusedInvalid
	refusedUnavailable
	refusedInternal

	reasonCount
)

var reasonNames = [reasonCount]string{
	rejectedStopping:        "stopping",
	rejectedOrigin:          "origin",
	rejectedToken:           "token",
	rejectedConnections:     "connections",
	rejectedRate:            "connection_rate",
	rejectedHandshake:       "handshake",
	rejectedMethod:          "method",
	rejectedContentType:     "content_type",
	rejectedContentEncoding: "content_encoding",
	badText:                 "text_frame",
	badHeader:               "header",
	badProtobuf:             "protobuf",
	badUID:                  "instance_uid",
	badUIDHeader:            "instance_uid_header",
	badTree:                 "tree",
	badCompression:          "compression",
	badFrame:                "frame",
	tooLarge:                "too_large",
	tooLong:                 "message_timeout",
	tooSlow:                 "too_slow",
	tooBusy:                 "inflight_bytes",
	tooQuiet:                "idle_timeout",
	tooManyBad:              "bad_messages",
	revokedToken:            "token_revoked",
	refusedInvalid:          "invalid",
	refusedUnavailable:      "unavailable",
	refusedInternal:         "internal",
}

func (r reason) String() string { return reasonNames[r] }
