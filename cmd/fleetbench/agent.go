package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"
)

// writeTimeout is how long one message may take to leave: a server that no
// longer reads must not stop the pacer for everybody.
const writeTimeout = 10 * time.Second

var errOffline = errors.New("agent is not connected")

// agent is one simulated agent. It lives through reconnects.
type agent struct {
	swarm  *swarm
	number int

	// mu guards the connection's writing side and what the next message is made of.
	mu      sync.Mutex
	conn    *websocket.Conn // nil while offline
	uid     [16]byte
	seq     uint64 // of the next message
	hash    []byte // the last remote configuration received; nil for none
	status  protobufs.RemoteConfigStatuses
	started time.Time
	ill     bool // what its health says

	// reported tells that a server has had the full state once.
	reported bool

	online   atomic.Bool  // the current connection's first message has been answered
	sentAt   atomic.Int64 // when the unanswered heartbeat left, in ns since the swarm's start; 0 for none
	caughtUp atomic.Bool  // this agent has been offered the configuration that the push phase waits for
}

// heartbeat sends the three fields that a heartbeat is, and notes when.
func (a *agent) heartbeat() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil {
		return errOffline
	}
	// Where an earlier one is not answered yet, the next answer is that one's.
	a.sentAt.CompareAndSwap(0, int64(a.swarm.since()))
	return a.write(func(b []byte) ([]byte, error) { return b, nil })
}

// hello sends a connection's first message: all that there is to say to a server
// that has never heard of the agent, and otherwise no more than a heartbeat, as
// the specification allows on a reconnect and the Go client does.
func (a *agent) hello() error {
	if a.reported {
		return a.write(func(b []byte) ([]byte, error) { return b, nil })
	}
	a.reported = true
	return a.write(a.appendFullState(false))
}

// appendFullState adds everything an agent reports. The first time the list of
// components is only named by its hash; a server asks for it if need be.
func (a *agent) appendFullState(withComponents bool) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		available := &protobufs.AvailableComponents{Hash: a.swarm.components.hash}
		if withComponents {
			available = a.swarm.components.full
		}
		b, err := proto.MarshalOptions{}.MarshalAppend(b, &protobufs.AgentToServer{
			AgentDescription:    description(a.number, formatUID(a.uid)),
			Health:              health(a.started, a.swarm.opts.pipelines, a.ill),
			AvailableComponents: available,
		})
		if err != nil {
			return nil, fmt.Errorf("encode full state: %w", err)
		}
		b = appendRemoteStatus(b, a.hash, uint64(a.status))
		return appendEffective(b, a.effective()), nil
	}
}

// appendHealth adds how the agent is. The caller holds mu.
func (a *agent) appendHealth(b []byte) ([]byte, error) {
	return proto.MarshalOptions{}.MarshalAppend(b, &protobufs.AgentToServer{Health: health(a.started, a.swarm.opts.pipelines, a.ill)})
}

// effective is the configuration that the agent runs now. The caller holds mu.
func (a *agent) effective() []byte {
	if a.swarm.opts.sameConfig {
		return a.swarm.body.render(sameID, a.hash)
	}
	return a.swarm.body.render(formatUID(a.uid), a.hash)
}

// write sends one message: the head, and what rest adds. The caller holds mu.
// The sequence number counts what was tried, as the Go client's does.
func (a *agent) write(rest func([]byte) ([]byte, error)) error {
	buf := a.swarm.buffers.Get().(*[]byte)
	defer a.swarm.buffers.Put(buf)
	b := appendHead((*buf)[:0], &a.uid, a.seq, capabilities)
	a.seq++
	b, err := rest(b)
	if err != nil {
		return err
	}
	*buf = b
	if err := a.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("set write deadline: %w", err)
	}
	if err := a.conn.WriteMessage(websocket.BinaryMessage, b); err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	a.swarm.counts.sent.Add(1)
	return nil
}

// converse reads answers from conn, and acts on them, until it ends.
func (a *agent) converse(conn *websocket.Conn) error {
	for {
		kind, r, err := conn.NextReader()
		if err != nil {
			return fmt.Errorf("next message: %w", err)
		}
		buf := a.swarm.buffers.Get().(*[]byte)
		frame, err := readInto((*buf)[:0], r)
		if err == nil {
			err = a.take(kind, frame)
		}
		*buf = frame
		a.swarm.buffers.Put(buf)
		if err != nil {
			return err
		}
	}
}

// readInto appends all of r to b.
func readInto(b []byte, r io.Reader) ([]byte, error) {
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return b, fmt.Errorf("read message: %w", err)
		}
	}
}

// take acts on one answer.
func (a *agent) take(kind int, frame []byte) error {
	now := a.swarm.since()
	counts := &a.swarm.counts
	counts.received.Add(1)
	got, err := readAnswer(frame)
	if err != nil || kind != websocket.BinaryMessage {
		counts.malformed.Add(1)
		return err
	}
	if string(got.uid) != string(a.uid[:]) { // only this goroutine changes uid
		counts.wrongUID.Add(1)
	}
	if sent := a.sentAt.Swap(0); sent != 0 {
		if rec := a.swarm.latencies.Load(); rec != nil {
			rec.add(now - time.Duration(sent))
		}
	}
	if got.failed {
		counts.errorResponses.Add(1)
		a.swarm.note("server answered with an error", got.failedText)
	}
	if got.command {
		counts.commands.Add(1)
	}
	if len(got.newUID) == len(a.uid) {
		counts.newUIDs.Add(1)
		a.mu.Lock()
		copy(a.uid[:], got.newUID)
		a.mu.Unlock()
	}
	if !a.online.Load() {
		a.online.Store(true)
		a.swarm.cameOnline(now)
	}
	if err := a.reportWhatIsAsked(got.flags); err != nil {
		return err
	}
	if got.offered {
		return a.apply(got.offerHash, now)
	}
	return nil
}

func (a *agent) reportWhatIsAsked(flags uint64) error {
	withComponents := flags&flagReportComponents != 0
	if withComponents {
		a.swarm.counts.componentsAsked.Add(1)
	}
	switch {
	case flags&flagReportFullState != 0:
		a.swarm.counts.fullStateAsked.Add(1)
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.write(a.appendFullState(true))
	case withComponents:
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.write(func(b []byte) ([]byte, error) {
			return proto.MarshalOptions{}.MarshalAppend(b, &protobufs.AgentToServer{AvailableComponents: a.swarm.components.full})
		})
	}
	return nil
}

// apply plays an agent that takes any configuration at once: it reports APPLYING,
// then APPLIED with its new effective configuration.
func (a *agent) apply(hash []byte, now time.Duration) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	counts := &a.swarm.counts
	counts.offers.Add(1)
	if string(hash) == string(a.hash) {
		counts.repeatedOffers.Add(1)
	} else if rec := a.swarm.offers.Load(); rec != nil && a.caughtUp.CompareAndSwap(false, true) {
		rec.add(now)
	}
	a.hash = append([]byte(nil), hash...)
	a.status = protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLYING
	if err := a.write(func(b []byte) ([]byte, error) { return appendRemoteStatus(b, a.hash, uint64(a.status)), nil }); err != nil {
		return err
	}
	a.status = protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED
	return a.write(func(b []byte) ([]byte, error) {
		return appendEffective(appendRemoteStatus(b, a.hash, uint64(a.status)), a.effective()), nil
	})
}
