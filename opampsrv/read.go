package opampsrv

import (
	"compress/flate"
	"errors"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

// run is the life of a connection. While it waits it needs the smallest stack
// there is, times the number of agents: results are left in c.verdict rather
// than returned through the frames below.
func (c *conn) run() {
	c.readAll()
	c.end()
}

// readAll reads until the connection ends, and leaves in c.verdict how it should.
func (c *conn) readAll() {
	defer c.recover()
	for {
		kind, r, err := c.ws.NextReader()
		if err != nil {
			c.verdict = c.readError(err)
			return
		}
		c.binary = kind == websocket.BinaryMessage
		if !c.read(r) {
			return
		}
	}
}

func (c *conn) recover() {
	if v := recover(); v != nil {
		c.verdict = c.s.panicked(v, c.remote)
	}
}

// inline is up to which size a message is handled on the reader's own
// goroutine: heartbeats, of which there are many, are spared the way to the
// pool and back. What has more to say needs a deeper stack than that has.
const inline = 96

// read reads one message and waits until it has been handled. Until then
// nothing more is read: a peer that sends faster than it is answered waits.
// It reports whether to go on.
func (c *conn) read(r io.Reader) bool {
	began := c.s.clock()
	c.arriving.Store(max(1, int64(began)))
	err := c.s.slurp(&c.in, r, &c.hold, c.s.began.Add(began+c.s.o.MessageTimeout))
	c.arriving.Store(0)
	if err != nil {
		if c.hold.tooSlow() {
			err = errTooSlow
		}
		c.hold.release()
		c.verdict = c.readError(err)
		return false
	}
	c.heard()
	c.s.metrics.received[sideWebSocket].Add(float64(len(c.in.data)))
	switch {
	case len(c.in.data) <= inline:
		c.s.perform(task{c, taskHandle})
	case !c.s.pool.submit(task{c, taskHandle}):
		c.verdict.code = closeGoingAway
		return false
	}
	<-c.handled
	return c.verdict.code == 0
}

// end ends the connection as c.verdict says.
func (c *conn) end() {
	defer c.s.leave()
	how := c.verdict
	if how.reason != notRejected {
		c.s.metrics.rejected[how.reason].Inc()
	}
	c.s.guard(c.remote, c.finish)
	if how.code != 0 && c.state().code == 0 {
		c.linger(how)
	}
	_ = c.ws.Close()
	c.s.log.Debug("connection ended", "remote_address", c.remote, "code", how.code, "reason", how.text)
}

// readError says how to end a connection whose reading has failed. The zero
// code is for those that nothing more can be said to.
func (c *conn) readError(err error) closing {
	var timeout net.Error
	switch {
	case errors.Is(err, errTooLarge):
		return closing{code: websocket.CloseMessageTooBig, text: "the message is larger than the limit", reason: tooLarge}
	case errors.Is(err, websocket.ErrReadLimit): // gorilla has sent the Close frame
		return closing{code: websocket.CloseMessageTooBig, reason: tooLarge}
	case errors.Is(err, errBusy):
		return closing{code: websocket.CloseTryAgainLater, text: errBusy.Error(), reason: tooBusy}
	case errors.Is(err, errTooSlow):
		return closing{code: websocket.CloseTryAgainLater, text: errTooSlow.Error(), reason: tooSlow}
	case errors.As(err, &timeout) && timeout.Timeout():
		switch why := reason(c.expired.Load()); why {
		case tooLong:
			return closing{code: websocket.ClosePolicyViolation, text: "the message took too long to arrive", reason: why}
		case tooQuiet:
			return closing{code: closeGoingAway, text: "nothing was heard for too long", reason: why}
		case tooSlow:
			return closing{code: websocket.CloseTryAgainLater, text: errTooSlow.Error(), reason: why}
		case revokedToken:
			return closing{code: websocket.ClosePolicyViolation, text: "the token of this connection has been revoked", reason: why}
		}
	}
	return c.protocolError(err)
}

// protocolError tells what the peer has done wrong from what the network has.
func (c *conn) protocolError(err error) closing {
	var (
		closed  *websocket.CloseError // also an end without a Close frame
		network net.Error
		corrupt flate.CorruptInputError
	)
	switch {
	case errors.As(err, &closed), errors.As(err, &network), errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF):
		return closing{}
	case errors.As(err, &corrupt), errors.Is(err, io.ErrUnexpectedEOF):
		return closing{code: websocket.CloseInvalidFramePayloadData, text: "the message cannot be decompressed", reason: badCompression}
	}
	return closing{code: websocket.CloseProtocolError, reason: badFrame} // gorilla has sent the Close frame
}

// linger sends a Close frame and reads on for a while: a socket that is closed
// with unread bytes in it takes the frame back that the peer has not yet read.
func (c *conn) linger(how closing) {
	_ = c.ws.SetReadDeadline(time.Now().Add(closeGrace))
	if err := c.writeClose(how); err != nil && !errors.Is(err, websocket.ErrCloseSent) {
		return
	}
	_, _ = io.Copy(io.Discard, c.ws.NetConn())
}
