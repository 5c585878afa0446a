package opampsrv

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"

	"github.com/ollystack/control-plane/fleet"
)

// maxKeptBuffer is the largest buffer for encoding that is used again.
const maxKeptBuffer = 256 << 10

// compressFrom is the size from which compressing a message is worth it, and
// compressors is how many are compressed at a time: each takes a megabyte. What
// finds no free one goes as it is, which the peer must always understand.
const (
	compressFrom = 512
	compressors  = 4
)

// encodeBuffers are the memory that messages are encoded in.
type encodeBuffers struct{ pool sync.Pool }

func newEncodeBuffers() *encodeBuffers {
	return &encodeBuffers{pool: sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}}
}

// encode appends m to head, in memory that is valid until done is called.
// Errors: m holds text that is not UTF-8.
func (e *encodeBuffers) encode(m *protobufs.ServerToAgent, head ...byte) (b []byte, done func(), err error) {
	p := e.pool.Get().(*[]byte)
	b, err = proto.MarshalOptions{}.MarshalAppend(append((*p)[:0], head...), m)
	if cap(b) > maxKeptBuffer {
		return b, func() {}, err
	}
	return b, func() { *p = b[:0]; e.pool.Put(p) }, err
}

// send writes m, or instead of it if it is over the size limit. The caller holds
// telling. A peer that does not accept it within the write deadline loses the connection.
func (c *conn) send(m, instead *protobufs.ServerToAgent) {
	b, done, err := c.s.encoded.encode(m, 0)
	defer done()
	if err != nil {
		c.s.log.Error("message cannot be encoded", "remote_address", c.remote, "err", err)
		return
	}
	if int64(len(b)) > c.s.o.MaxMessageSize {
		// Source: OpAMP, WebSocket Message Size Limits: a larger one must not be sent, and should be recorded.
		c.s.discarded(sideWebSocket, m, len(b))
		if instead != nil {
			c.send(instead, nil)
		}
		return
	}
	began := time.Now()
	_ = c.ws.SetWriteDeadline(began.Add(c.s.o.WriteTimeout))
	if err := c.write(b); err != nil {
		c.s.log.Debug("message was not sent", "remote_address", c.remote, "err", err)
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			c.s.metrics.rejected[tooSlow].Inc()
		}
		c.hangUp()
		return
	}
	c.s.metrics.send.Observe(time.Since(began).Seconds())
	c.s.metrics.sent[sideWebSocket].Add(float64(len(b)))
}

// write writes one message, compressed if that is agreed on and worth it.
func (c *conn) write(b []byte) error {
	compress := false
	if c.s.o.Compression && len(b) >= compressFrom {
		select {
		case c.s.compressors <- struct{}{}:
			compress = true
			defer func() { <-c.s.compressors }()
		default:
		}
	}
	c.ws.EnableWriteCompression(compress)
	return c.ws.WriteMessage(websocket.BinaryMessage, b)
}

func (s *Server) discarded(t side, m *protobufs.ServerToAgent, size int) {
	s.metrics.oversize[t].Inc()
	s.log.Warn("a message is over the size limit and was not sent",
		"instance_uid", fleet.InstanceUID(m.GetInstanceUid()), "transport", sideNames[t], "bytes", size, "limit", s.o.MaxMessageSize)
}

// Wake has the fleet asked soon what is due for uid.
func (c *conn) Wake(uid fleet.InstanceUID) {
	c.mu.Lock()
	start := false
	if !c.ended {
		c.due.add(uid)
		start, c.sending = !c.sending, true
	}
	c.mu.Unlock()
	if start {
		c.s.pool.submit(task{c, taskSend}) // refused only when all connections have ended
	}
}

// maxDue bounds what is sent to one agent in a row: the fleet is to run out of things to say.
const maxDue = 16

// sendDue sends what the fleet has for the agents that it was woken for.
func (c *conn) sendDue() {
	for {
		c.mu.Lock()
		uid, ok := c.due.pop()
		if !ok || c.close.code != 0 {
			c.sending = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		c.tell(uid)
	}
}

func (c *conn) tell(uid fleet.InstanceUID) {
	c.telling.Lock()
	defer c.telling.Unlock()
	for range maxDue {
		reply, ok := c.s.fleet.Due(c, uid)
		if !ok {
			return
		}
		if !reply.NewUID.IsZero() {
			c.rename(reply.UID, reply.NewUID)
		}
		c.send(encode(&reply), nil)
	}
}
