package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// counts is what happened since the start, over all agents.
type counts struct {
	sent, received                  atomic.Int64
	connects                        atomic.Int64 // first messages that were answered
	dialErrors, drops               atomic.Int64
	abruptDrops                     atomic.Int64 // those without a Close frame
	lostBeats                       atomic.Int64 // heartbeats whose connection ended before the answer came
	fullStateAsked, componentsAsked atomic.Int64
	offers, repeatedOffers          atomic.Int64
	errorResponses, malformed       atomic.Int64
	wrongUID, newUIDs, commands     atomic.Int64
	changes                         atomic.Int64 // of health
}

// swarm is all simulated agents and what they share.
type swarm struct {
	opts       options
	log        *slog.Logger
	dialer     *websocket.Dialer
	header     http.Header
	components components
	body       body
	buffers    sync.Pool // of *[]byte, for messages in either direction
	start      time.Time // monotonic zero for since

	agents []*agent
	counts counts
	online atomic.Int64 // agents whose connection's first message has been answered
	lastAt atomic.Int64 // when the latest agent came online, in ns since start

	// Where the running phase wants durations to go; nil while none does.
	latencies atomic.Pointer[samples] // heartbeat to answer
	offers    atomic.Pointer[samples] // when each agent was offered, as time since start

	expectDrops atomic.Bool   // the server is being stopped
	noted       atomic.Int64  // how much trouble was logged, to keep the log short
	done        chan struct{} // closed when the swarm stops
	running     sync.WaitGroup
}

func newSwarm(opts options, log *slog.Logger) (*swarm, error) {
	parts, err := newComponents()
	if err != nil {
		return nil, err
	}
	s := &swarm{
		opts:       opts,
		log:        log,
		header:     http.Header{},
		components: parts,
		body:       newBody(opts.effectiveSize),
		start:      time.Now(),
		agents:     make([]*agent, opts.agents),
		done:       make(chan struct{}),
	}
	if opts.agentToken != "" {
		s.header.Set("Authorization", "Bearer "+opts.agentToken)
	}
	s.buffers.New = func() any { b := make([]byte, 0, 512); return &b }
	s.dialer = &websocket.Dialer{
		HandshakeTimeout: opts.dialTimeout,
		ReadBufferSize:   512,
		// The buffer is lent only while a message is written, so it may be large
		// enough for the largest: one message, one frame, one write.
		WriteBufferSize: opts.effectiveSize + 8<<10,
		WriteBufferPool: &sync.Pool{},
		TLSClientConfig: opts.tlsConfig(),
	}
	for i := range s.agents {
		s.agents[i] = &agent{swarm: s, number: i, uid: newUID(time.Now()), started: time.Now()}
	}
	return s, nil
}

// fullStateBytes is the size of an agent's first message.
func (s *swarm) fullStateBytes() int {
	a := s.agents[0]
	b, err := a.appendFullState(false)(appendHead(nil, &a.uid, 0, capabilities))
	if err != nil {
		return 0
	}
	return len(b)
}

// since is the monotonic time since the swarm was made; never 0.
func (s *swarm) since() time.Duration { return max(time.Since(s.start), 1) }

// cameOnline is told by each agent whose connection has got its first answer.
func (s *swarm) cameOnline(at time.Duration) {
	s.counts.connects.Add(1)
	s.online.Add(1)
	for {
		last := s.lastAt.Load()
		if int64(at) <= last || s.lastAt.CompareAndSwap(last, int64(at)) {
			return
		}
	}
}

// lost counts a connection that the other side ended, and notes it unless the
// server is being stopped.
func (s *swarm) lost(err error) {
	s.counts.drops.Add(1)
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code == websocket.CloseAbnormalClosure {
		s.counts.abruptDrops.Add(1)
	}
	if !s.expectDrops.Load() {
		s.note("connection lost", err)
	}
}

// note logs trouble of one agent: the first few times only, for ten thousand
// agents tend to have the same one.
func (s *swarm) note(what string, detail any) {
	const enough = 10
	if n := s.noted.Add(1); n <= enough {
		s.log.Warn("trouble with an agent", "what", what, "detail", detail)
		if n == enough {
			s.log.Warn("more trouble is counted and no longer logged")
		}
	}
}

// launch starts every agent, at most rate each second (0 for no limit) and with
// at most parallel connections in the making. It returns when all have been
// started, which is not yet when all are connected.
func (s *swarm) launch(ctx context.Context, rate float64, parallel int) error {
	gate := make(chan struct{}, parallel)
	return pace(ctx, rate, len(s.agents), func(i int) {
		select {
		case gate <- struct{}{}:
		case <-ctx.Done():
			return
		}
		s.running.Go(func() { s.agents[i].live(func() { <-gate }) })
	})
}

// live keeps the agent connected until the swarm stops. settled is called once,
// after the first attempt to connect.
func (a *agent) live(settled func()) {
	wait := a.swarm.opts.backoff()
	for !a.swarm.stopped() {
		conn, err := a.connect()
		if settled != nil {
			settled()
			settled = nil
		}
		if err != nil {
			a.swarm.counts.dialErrors.Add(1)
			if !errors.Is(err, syscall.ECONNREFUSED) { // expected while the server restarts
				a.swarm.note("cannot connect", err)
			}
			a.swarm.pause(wait.next())
			continue
		}
		// As the Go client does, the first attempt after a working connection
		// comes at once.
		wait = a.swarm.opts.backoff()
		err = a.converse(conn)
		a.hangUp(conn)
		if !a.swarm.stopped() {
			a.swarm.lost(err)
		}
	}
}

// connect dials and sends the first message.
func (a *agent) connect() (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), a.swarm.opts.dialTimeout)
	defer cancel()
	dialer := *a.swarm.dialer
	dialer.NetDialContext = dialFrom(a.swarm.opts.sourceAddress(a.number))
	conn, resp, err := dialer.DialContext(ctx, a.swarm.opts.endpoint, a.swarm.header) //nolint:bodyclose // gorilla hands out no body that needs closing
	if err != nil {
		if resp != nil {
			return nil, fmt.Errorf("%w: %s", err, resp.Status)
		}
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.swarm.stopped() { // stop has passed this agent by
		_ = conn.Close()
		return nil, errOffline
	}
	a.conn = conn
	if err := a.hello(); err != nil {
		a.conn = nil
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

func (a *agent) hangUp(conn *websocket.Conn) {
	if a.online.Swap(false) {
		a.swarm.online.Add(-1)
	}
	if a.sentAt.Swap(0) != 0 {
		a.swarm.counts.lostBeats.Add(1)
	}
	a.mu.Lock()
	a.conn = nil
	a.mu.Unlock()
	_ = conn.Close()
}

// pause waits, or until the swarm stops.
func (s *swarm) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}

func (s *swarm) stopped() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// stop ends every connection and waits for the agents. It is called once.
func (s *swarm) stop() {
	close(s.done)
	deadline := time.Now().Add(time.Second)
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	for _, a := range s.agents {
		a.mu.Lock()
		if a.conn != nil {
			// Best effort: the peer may be gone, and the connection ends either way.
			_ = a.conn.WriteControl(websocket.CloseMessage, bye, deadline)
			_ = a.conn.Close()
		}
		a.mu.Unlock()
	}
	s.running.Wait()
}
