package opampsrv

import (
	"errors"
	"time"

	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
)

// serverCapabilities are the bits that this server implements. They are in
// every message but for error responses: an agent may be one of several on a
// connection, and on plain HTTP no answer is known to be the first.
const serverCapabilities = uint64(protobufs.ServerCapabilities_ServerCapabilities_AcceptsStatus |
	protobufs.ServerCapabilities_ServerCapabilities_OffersRemoteConfig |
	protobufs.ServerCapabilities_ServerCapabilities_AcceptsEffectiveConfig)

// acknowledgement is the message that says nothing but that one has arrived.
func acknowledgement(uid fleet.InstanceUID) *protobufs.ServerToAgent {
	return &protobufs.ServerToAgent{InstanceUid: uid[:], Capabilities: serverCapabilities}
}

// encode translates r. The message shares r's memory.
func encode(r *fleet.Reply) *protobufs.ServerToAgent {
	m := acknowledgement(r.UID)
	if r.Restart { // a command comes alone. Source: OpAMP, ServerToAgent.command.
		m.Command = &protobufs.ServerToAgentCommand{Type: protobufs.CommandType_CommandType_Restart}
		return m
	}
	if !r.NewUID.IsZero() {
		m.AgentIdentification = &protobufs.AgentIdentification{NewInstanceUid: r.NewUID[:]}
	}
	if r.ReportFullState {
		m.Flags |= uint64(protobufs.ServerToAgentFlags_ServerToAgentFlags_ReportFullState)
	}
	if r.ReportComponents {
		m.Flags |= uint64(protobufs.ServerToAgentFlags_ServerToAgentFlags_ReportAvailableComponents)
	}
	if c := r.RemoteConfig; c != nil {
		files := make(map[string]*protobufs.AgentConfigFile, len(c.Files))
		for name, f := range c.Files {
			files[name] = &protobufs.AgentConfigFile{Body: f.Body, ContentType: f.ContentType}
		}
		m.RemoteConfig = &protobufs.AgentRemoteConfig{
			Config:     &protobufs.AgentConfigMap{ConfigMap: files},
			ConfigHash: []byte(c.Hash),
		}
	}
	return m
}

// errorMessage is the message that reports an error and nothing else. uid may be nil.
func errorMessage(uid []byte, e *protobufs.ServerErrorResponse) *protobufs.ServerToAgent {
	return &protobufs.ServerToAgent{InstanceUid: uid, ErrorResponse: e}
}

// badRequest is the error response to a message that is not taken.
func badRequest(msg string) *protobufs.ServerErrorResponse {
	return &protobufs.ServerErrorResponse{
		Type:         protobufs.ServerErrorResponseType_ServerErrorResponseType_BadRequest,
		ErrorMessage: msg,
	}
}

// errorResponse turns an error of the fleet into the protocol's. wait is what
// one is told to wait where the server cannot take the message now.
func errorResponse(err error, wait time.Duration) (*protobufs.ServerErrorResponse, reason) {
	var e *fleet.Error
	msg := "internal error"
	if errors.As(err, &e) && e.Kind != fleet.Internal {
		msg = e.Msg
	}
	switch fleet.KindOf(err) {
	case fleet.Invalid:
		return badRequest(msg), refusedInvalid
	case fleet.Unavailable:
		return &protobufs.ServerErrorResponse{
			Type:         protobufs.ServerErrorResponseType_ServerErrorResponseType_Unavailable,
			ErrorMessage: msg,
			Details: &protobufs.ServerErrorResponse_RetryInfo{
				RetryInfo: &protobufs.RetryInfo{RetryAfterNanoseconds: uint64(wait.Nanoseconds())},
			},
		}, refusedUnavailable
	}
	return &protobufs.ServerErrorResponse{
		Type:         protobufs.ServerErrorResponseType_ServerErrorResponseType_Unknown,
		ErrorMessage: msg,
	}, refusedInternal
}
