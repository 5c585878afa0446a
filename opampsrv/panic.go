package opampsrv

import (
	"runtime/debug"

	"github.com/gorilla/websocket"
)

// guard runs f, and reports whether it returned: a panic in it ends one
// connection or request, never the server.
func (s *Server) guard(remote string, f func()) (returned bool) {
	defer func() {
		if v := recover(); v != nil {
			s.panicked(v, remote)
		}
	}()
	f()
	return true
}

// panicked logs and counts a panic, and says how to end the connection that it belongs to.
func (s *Server) panicked(v any, remote string) closing {
	s.metrics.panics.Inc()
	s.log.Error("panic while handling a message", "remote_address", remote, "panic", v, "stack", string(debug.Stack()))
	return closing{code: websocket.CloseInternalServerErr, text: "internal error"}
}
