package opampsrv

import (
	"context"

	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"

	"github.com/ollystack/control-plane/fleet"
)

// do does t, on one of the pool's workers or, where it is a short message, on its reader's goroutine.
func (s *Server) do(ctx context.Context, t task) {
	c := t.c
	switch t.kind {
	case taskHandle:
		if !s.guard(c.remote, func() { c.handle(ctx) }) {
			c.verdict = closing{code: websocket.CloseInternalServerErr, text: "internal error"}
		}
		c.letGo()
		c.handled <- struct{}{}
	case taskSend:
		if !s.guard(c.remote, c.sendDue) {
			c.startClosing(closing{code: websocket.CloseInternalServerErr, text: "internal error"})
		}
	case taskPing:
		c.sendPing()
	case taskClose:
		c.sendClose()
	case taskSettle:
		s.guard(c.remote, c.settleProbes)
	}
}

// handle answers the message that the reader has left in c.in. How the
// connection goes on is left in c.verdict.
func (c *conn) handle(ctx context.Context) {
	how := c.state()
	if how.code != 0 && !how.listen {
		return // it is being ended: what still comes is not wanted
	}
	c.alive()
	r, kind, bad := c.decode()
	if bad != nil {
		c.refuse(bad)
		return
	}
	c.bad = 0
	c.letGo()
	c.s.metrics.messages[sideWebSocket][kind].Inc()
	r.RemoteAddress = c.remote
	c.carry(r.UID)

	c.telling.Lock()
	defer c.telling.Unlock()
	reply, err := c.s.fleet.Receive(ctx, c, r)
	if how.listen {
		return
	}
	if err != nil {
		c.send(c.s.refusal(r, err), nil)
		return
	}
	if !reply.NewUID.IsZero() {
		c.rename(reply.UID, reply.NewUID)
	}
	c.send(encode(&reply), acknowledgement(reply.UID))
}

func (c *conn) decode() (*fleet.Report, messageKind, *badMessage) {
	if !c.binary {
		return nil, 0, &badMessage{reason: badText, msg: "a text message is not OpAMP: messages are binary"}
	}
	body, bad := stripHeader(c.in.data)
	if bad != nil {
		return nil, 0, bad
	}
	return c.s.decoder.decode(body)
}

// letGo gives the memory of the arrived message back. What became of it shares none.
func (c *conn) letGo() {
	c.s.buffers.free(&c.in)
	c.hold.release()
}

// refuse answers a malformed message, and ends a connection that has sent too many.
func (c *conn) refuse(bad *badMessage) {
	c.s.metrics.rejected[bad.reason].Inc()
	c.bad++
	c.complain(bad)
	if c.bad < c.s.o.MaxBadMessages {
		return
	}
	code := websocket.ClosePolicyViolation
	switch bad.reason {
	case badText:
		code = websocket.CloseUnsupportedData
	case badHeader:
		code = websocket.CloseProtocolError
	case badProtobuf:
		code = websocket.CloseInvalidFramePayloadData
	}
	c.verdict = closing{code: code, text: "too many malformed messages: " + bad.msg, reason: tooManyBad}
}

func (c *conn) complain(bad *badMessage) {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.send(errorMessage(bad.uid, badRequest(bad.msg)), nil)
}

// refusal is the answer to r, which the fleet did not take.
func (s *Server) refusal(r *fleet.Report, err error) *protobufs.ServerToAgent {
	e, why := errorResponse(err, s.retryAfter())
	s.metrics.rejected[why].Inc()
	if why == refusedInternal {
		s.log.Error("message was not taken", "instance_uid", r.UID, "err", err)
	}
	return errorMessage(r.UID[:], e)
}
