package fleet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// EventType names what happened.
type EventType string

// The types of events. EventReset tells a subscriber that it has missed some and should read everything anew.
const (
	EventAgentConnected    EventType = "agent.connected"
	EventAgentDisconnected EventType = "agent.disconnected"
	EventAgentStatus       EventType = "agent.status"
	EventAgentConfig       EventType = "agent.config"
	EventAgentForgotten    EventType = "agent.forgotten" // there is no record under this UID any more
	EventConfigCreated     EventType = "config.created"
	EventConfigUpdated     EventType = "config.updated"
	EventConfigDeleted     EventType = "config.deleted"
	EventReset             EventType = "reset"
)

// Event is something that has happened. Agent is set for agent events, Config for config events.
type Event struct {
	ID     string // opaque; later events follow in order within one run of the server
	Type   EventType
	At     time.Time
	Agent  *AgentView // without bodies and trees
	Config *Config
}

// eventsKept is how many events a subscriber may lag behind.
const eventsKept = 2048

// eventRing keeps the latest events. It is guarded by Manager.mu.
type eventRing struct {
	epoch  string // tells runs of the server apart
	ring   [eventsKept]Event
	next   uint64        // number of the next event; the first is 1
	more   chan struct{} // closed and replaced when an event is added
	waited bool          // somebody holds more
	closed bool
}

func (r *eventRing) init() {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	r.epoch = hex.EncodeToString(b[:])
	r.next = 1
	r.more = make(chan struct{})
}

func (r *eventRing) id(n uint64) string { return r.epoch + "-" + strconv.FormatUint(n, 10) }

func (r *eventRing) add(ev Event) {
	ev.ID = r.id(r.next)
	r.ring[r.next%eventsKept] = ev
	r.next++
	r.signal()
}

func (r *eventRing) signal() {
	if r.waited && !r.closed {
		close(r.more)
		r.more, r.waited = make(chan struct{}), false
	}
}

func (r *eventRing) close() {
	if !r.closed {
		r.closed = true
		close(r.more)
	}
}

// oldest is the number of the oldest event that is still kept.
func (r *eventRing) oldest() uint64 {
	if r.next <= eventsKept {
		return 1
	}
	return r.next - eventsKept
}

func (m *Manager) publishAgent(t EventType, e *entry, now time.Time) {
	v := e.view()
	m.events.add(Event{Type: t, At: now, Agent: &v})
}

func (m *Manager) publishConfig(t EventType, c Config, now time.Time) {
	m.events.add(Event{Type: t, At: now, Config: &c})
}

// Subscription follows the events. It holds nothing that needs closing, and is used by one goroutine.
type Subscription struct {
	m     *Manager
	next  uint64
	reset bool
}

// Subscribe follows the events after lastID; from now on where lastID is empty.
// One that is of another run or too old has EventReset as its first event.
func (m *Manager) Subscribe(lastID string) *Subscription {
	m.lock()
	defer m.unlock()
	s := &Subscription{m: m, next: m.events.next}
	if lastID == "" {
		return s
	}
	epoch, number, _ := strings.Cut(lastID, "-")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || epoch != m.events.epoch || n >= m.events.next || n+1 < m.events.oldest() {
		s.reset = true
		return s
	}
	s.next = n + 1
	return s
}

// ID is what to subscribe after where Next has not returned yet: that of the latest event before. It is empty where
// EventReset comes first, which has one.
func (s *Subscription) ID() string {
	if s.reset {
		return ""
	}
	return s.m.events.id(s.next - 1) // the epoch never changes
}

// Next waits for the next event; EventReset where the subscriber fell behind.
// Errors: ctx's; Unavailable once the Manager is closed.
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	for {
		s.m.lock()
		r := &s.m.events
		if s.reset || s.next < r.oldest() {
			s.reset, s.next = false, r.next
			ev := Event{ID: r.id(r.next - 1), Type: EventReset, At: s.m.now()}
			s.m.unlock()
			return ev, nil
		}
		if s.next < r.next {
			ev := r.ring[s.next%eventsKept]
			s.next++
			s.m.unlock()
			return ev, nil
		}
		if r.closed {
			s.m.unlock()
			return Event{}, Errorf(Unavailable, "the server is stopping")
		}
		more := r.more
		r.waited = true
		s.m.unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return Event{}, ctx.Err()
		}
	}
}
