package opampsrv

import (
	"compress/flate"
	"errors"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

// run is the life of a connection.
func (c *conn) run() {
	defer c.s.leave()
	how := c.readAll()
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

// readAll reads until the connection ends, and returns how it should.
func (c *conn) readAll() (how closing) {
	defer func() {
		if v := recover(); v != nil {
			how = c.s.panicked(v, c.remote)
		}
	}()
	for {
		kind, r, err := c.ws.NextReader()
		if err != nil {
			return c.readError(err)
		}
		if how := c.read(kind, r); how.code != 0 {
			return how
		}
	}
}

// read reads one message and waits until it has been handled. Until then
// nothing more is read: a peer that sends faster than it is answered waits.
func (c *conn) read(kind int, r io.Reader) closing {
	began := c.s.clock()
	c.arriving.Store(max(1, int64(began)))
	m, err := c.s.slurp(r, &c.hold, c.s.began.Add(began+c.s.o.MessageTimeout))
	c.arriving.Store(0)
	if err != nil {
		slow := c.hold.tooSlow()
		c.hold.release()
		if slow {
			err = errTooSlow
		}
		return c.readError(err)
	}
	c.heard()
	c.s.metrics.received[sideWebSocket].Add(float64(len(m.data)))
	c.in, c.binary, c.verdict = m, kind == websocket.BinaryMessage, closing{}
	if !c.s.pool.submit(task{c, taskHandle}) {
		return closing{code: closeGoingAway}
	}
	<-c.handled
	return c.verdict
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
