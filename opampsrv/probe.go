package opampsrv

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// probe is one question whether the peer still lives.
type probe struct {
	number  uint32 // as in the ping's payload
	answer  func(alive bool)
	once    sync.Once
	timer   *time.Timer
	settled bool // a sign of life came; guarded by conn.mu
}

// settle gives the answer, the first time that it is called.
func (p *probe) settle(alive bool) {
	p.once.Do(func() {
		p.timer.Stop()
		p.answer(alive)
	})
}

// Probe pings the peer and tells settled whether it lives. A peer that does not
// answer in time loses the connection.
func (c *conn) Probe(settled func(alive bool)) {
	p := &probe{answer: settled}
	c.mu.Lock()
	c.probed++
	p.number = c.probed
	// Made here so that settle always finds it; fires only after mu is free.
	p.timer = time.AfterFunc(c.s.o.ProbeTimeout, func() { c.probeFailed(p) })
	ended := c.ended
	if !ended {
		c.probes = append(c.probes, p)
	}
	c.mu.Unlock()
	if ended {
		p.timer.Reset(0)
		return
	}
	c.s.pool.submit(task{c, taskPing})
}

// probeFailed ends a connection whose peer has not answered.
func (c *conn) probeFailed(p *probe) {
	c.mu.Lock()
	alive := p.settled
	c.probes = slices.DeleteFunc(c.probes, func(x *probe) bool { return x == p })
	c.mu.Unlock()
	c.s.guard(c.remote, func() { p.settle(alive) })
	if !alive {
		c.startClosing(closing{code: closeGoingAway, text: "no answer to a ping, and the agent has connected anew"})
	}
}

// ponged takes the pong to the given ping for a sign of life. It is called by
// the reader, which leaves the telling to a worker.
func (c *conn) ponged(payload string) {
	n, err := strconv.ParseUint(payload, 10, 32)
	if err == nil && c.mark(uint32(n)) {
		c.s.pool.submit(task{c, taskSettle})
	}
}

// alive takes a message for a sign of life, whatever was asked before it.
func (c *conn) alive() {
	if c.mark(^uint32(0)) {
		c.settleProbes()
	}
}

// mark notes that the probes up to number n are answered, and reports whether there are any.
func (c *conn) mark(n uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := false
	for _, p := range c.probes {
		if p.number <= n {
			p.settled = true
			found = true
		}
	}
	return found
}

// settleProbes tells those whose probes are answered.
func (c *conn) settleProbes() {
	c.mu.Lock()
	var answered []*probe
	c.probes = slices.DeleteFunc(c.probes, func(p *probe) bool {
		if p.settled {
			answered = append(answered, p)
		}
		return p.settled
	})
	c.mu.Unlock()
	for _, p := range answered {
		p.settle(true)
	}
}

// sendPing pings, with the number of the latest probe.
func (c *conn) sendPing() {
	c.mu.Lock()
	payload := strconv.FormatUint(uint64(c.probed), 10)
	idle := c.close.code == 0 && !c.ended
	c.mu.Unlock()
	if !idle {
		return
	}
	c.s.metrics.pings.Inc()
	// If a message is being written that the peer does not accept, that has a
	// deadline of its own; a ping behind it says nothing new.
	_ = c.ws.WriteControl(websocket.PingMessage, []byte(payload), time.Now().Add(c.s.o.WriteTimeout))
}
