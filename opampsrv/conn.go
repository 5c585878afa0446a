package opampsrv

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ollystack/control-plane/fleet"
)

// conn is one WebSocket and the fleet's link to the agents on it. There is one
// for each agent, so it is small: what is needed only while something happens
// lives in the pool.
//
// Its reader goroutine owns it: reads, waits until each message is handled, and
// ends it. Everything else is done by the pool's workers.
type conn struct {
	s      *Server
	ws     *websocket.Conn
	remote string // host:port
	index  int    // in s.conns; guarded by s.mu

	credential string // the id of what it was let in with; may be empty

	// On the server's clock.
	heardAt  atomic.Int64 // when the last message or control frame was complete
	arriving atomic.Int64 // when the message began that is arriving; 0 for none
	pingedAt time.Duration

	// expired is the reason why the pending read was made to fail.
	expired atomic.Uint32

	// The message being handled, handed over and back between reader and worker.
	in      message
	binary  bool
	hold    hold
	verdict closing // how the connection is to end; zero while it goes on
	handled chan struct{}
	bad     int // malformed messages in a row

	// telling is held while the fleet decides what to tell and that is sent, so
	// that what is sent keeps the order of the decisions. It is taken before
	// everything else, and never by what the fleet calls.
	telling sync.Mutex

	mu      sync.Mutex
	carried uidSet
	former  fleet.InstanceUID // what the only agent was called before it was given another UID
	due     uidSet
	sending bool // a task will look at due
	probes  []*probe
	probed  uint32 // counts probes
	close   closing
	ended   bool
}

// closing is how the server ends a connection; the zero value is not to.
type closing struct {
	code   int
	text   string
	reason reason
	// listen has messages handled that still come, though none is answered.
	listen bool
}

const closeGoingAway = websocket.CloseGoingAway

// closeGrace is how long a peer has to answer a Close frame.
const closeGrace = time.Second

// start runs ws on a goroutine of its own. The caller has been admitted.
func (s *Server) start(ws *websocket.Conn, remote, credential string) {
	c := &conn{s: s, ws: ws, remote: remote, credential: credential, handled: make(chan struct{}, 1)}
	c.hold = hold{b: s.budget, abort: func() { c.expire(tooSlow) }}
	c.heard()
	ws.SetReadLimit(wireLimit(s.o))
	ws.SetPongHandler(func(payload string) error { c.heard(); c.ponged(payload); return nil })
	ws.SetPingHandler(func(payload string) error {
		c.heard()
		// What cannot be written now is no reason to stop reading: the write deadline ends a stuck peer.
		_ = ws.WriteControl(websocket.PongMessage, []byte(payload), time.Now().Add(time.Second))
		return nil
	})

	s.mu.Lock()
	c.index = len(s.conns)
	s.conns = append(s.conns, c)
	stopping := s.stopping
	s.mu.Unlock()
	s.metrics.connections[sideWebSocket].Inc()
	if stopping { // since it was admitted
		c.startClosing(closing{code: closeGoingAway, text: "the server is stopping", listen: true})
	}
	go c.run()
}

// wireLimit bounds what gorilla counts, which is bytes before decompression.
// What deflate cannot make smaller it makes a little larger.
func wireLimit(o Options) int64 {
	if o.Compression {
		return o.MaxMessageSize + o.MaxMessageSize/1000 + 64
	}
	return o.MaxMessageSize
}

func (c *conn) heard() { c.heardAt.Store(int64(c.s.clock())) }

// expire makes the pending read and all later ones fail, for the given reason.
func (c *conn) expire(why reason) {
	if c.expired.CompareAndSwap(0, uint32(why)) {
		_ = c.ws.SetReadDeadline(time.Unix(1, 0))
	}
}

// hangUp closes the TCP connection.
func (c *conn) hangUp() { _ = c.ws.NetConn().Close() }

// startClosing has a Close frame sent, and the connection ended when the peer
// has answered or the grace is over. Only the first call counts.
func (c *conn) startClosing(how closing) {
	c.mu.Lock()
	first := c.close.code == 0 && !c.ended
	if first {
		c.close = how
	}
	c.mu.Unlock()
	if first && !c.s.pool.submit(task{c, taskClose}) {
		c.hangUp()
	}
}

// sendClose is the pool's part of startClosing.
func (c *conn) sendClose() {
	c.mu.Lock()
	how := c.close
	c.mu.Unlock()
	if !how.listen {
		_ = c.ws.SetReadDeadline(time.Now().Add(closeGrace))
	}
	if err := c.writeClose(how); err != nil {
		c.hangUp()
	}
}

func (c *conn) writeClose(how closing) error {
	const maxText = 123 // Source: RFC 6455, 5.5
	frame := websocket.FormatCloseMessage(how.code, cut(how.text, maxText))
	return c.ws.WriteControl(websocket.CloseMessage, frame, time.Now().Add(closeGrace))
}

// state reports what startClosing was called with, if it was.
func (c *conn) state() closing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.close
}

// Transport is WebSocket.
func (c *conn) Transport() fleet.Transport { return fleet.WebSocket }

// Shared reports whether more than one agent has been carried; a change of UID that the server asked for is none.
func (c *conn) Shared() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.carried.len() > 1
}

// carry notes that u is on this connection.
func (c *conn) carry(u fleet.InstanceUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if u != c.former {
		c.carried.add(u)
	}
}

// rename notes that the agent from is to be called to.
func (c *conn) rename(from, to fleet.InstanceUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.carried.len() == 1 && c.carried.has(from) {
		c.carried.remove(from)
		c.former = from
	}
	c.carried.add(to)
}

// finish tells everyone that the connection has ended. It is the reader's last act but for the socket.
func (c *conn) finish() {
	s := c.s
	s.mu.Lock()
	last := len(s.conns) - 1
	s.conns[c.index] = s.conns[last]
	s.conns[c.index].index = c.index
	s.conns[last] = nil
	s.conns = s.conns[:last]
	s.mu.Unlock()

	c.mu.Lock()
	c.ended = true
	uids := c.carried.all()
	if !c.former.IsZero() {
		uids = append(uids, c.former)
	}
	probes := c.probes
	c.probes, c.due = nil, uidSet{}
	c.mu.Unlock()
	for _, p := range probes {
		p.settle(p.settled)
	}
	if len(uids) > 0 {
		s.fleet.Disconnected(c, uids...)
	}
	s.metrics.connections[sideWebSocket].Dec()
}
