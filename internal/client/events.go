package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Types of events.
const (
	EventAgentConnected    = "agent.connected"
	EventAgentDisconnected = "agent.disconnected"
	EventAgentStatus       = "agent.status"
	EventAgentConfig       = "agent.config"
	EventAgentForgotten    = "agent.forgotten" // the agent as it was: its record is no more
	EventConfigCreated     = "config.created"
	EventConfigUpdated     = "config.updated"
	EventConfigDeleted     = "config.deleted"
	EventReset             = "reset" // what was missed is not known any more: read anew
)

const (
	// silence is how long a stream may say nothing; the server sends a comment more often.
	silence = 90 * time.Second
	// maxEvent bounds one line of a stream, in bytes.
	maxEvent = 16 << 20
)

// Event is something that happened. Agent is as in lists; Config has neither body nor counts.
type Event struct {
	ID     string    `json:"-"` // resumes the stream after it
	Type   string    `json:"type"`
	At     time.Time `json:"at"`
	Agent  *Agent    `json:"agent,omitempty"`
	Config *Config   `json:"config,omitempty"`

	Raw Raw `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Event) UnmarshalJSON(b []byte) error {
	type fields Event
	return keep(b, (*fields)(e), &e.Raw)
}

// MarshalJSON implements json.Marshaler.
func (e Event) MarshalJSON() ([]byte, error) {
	type fields Event
	return show(e.Raw, fields(e))
}

// Follow calls each with what happens, from now on or after the event named *last, which is moved on: so it can be
// taken up again. It ends with an error: each's own or, when the stream breaks, one of kind Unreachable. opened is
// called once the server has accepted it.
func (c *Client) Follow(ctx context.Context, last *string, opened func(), each func(Event) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(silence, func() { cancel(errStalled) })
	defer watch.Stop()
	r := call{method: http.MethodGet, path: []string{"events"}, accept: "text/event-stream", lastEvent: *last}
	res, err := c.send(ctx, c.endless(), r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	opened()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, maxEvent)
	for {
		e, err := nextEvent(lines, watch, last)
		if err != nil {
			return c.broken(ctx, err)
		}
		if err := each(e); err != nil {
			return err
		}
	}
}

// broken says why a stream ended; that it did is never the caller's fault, unless it gave up.
func (c *Client) broken(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errStalled) {
		return cause
	} else if cause != nil {
		err = cause
	}
	return &Error{Kind: Unreachable, Server: c.base.Host, cause: fmt.Errorf("the stream of events of %s broke: %w", c.base.Host, err)}
}

// nextEvent reads one event (HTML standard, section 9.2.6), as far as the server makes use of it. It moves last on, also
// where the server tells an id without an event, as it does at the beginning of a stream.
func nextEvent(lines *bufio.Scanner, watch *time.Timer, last *string) (Event, error) {
	id := *last
	var data bytes.Buffer
	for lines.Scan() {
		watch.Reset(silence)
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case name == "id":
			id = value
		case name == "data":
			data.WriteString(value)
		case lines.Text() == "":
			*last = id
			if data.Len() == 0 {
				continue
			}
			var e Event
			err := json.Unmarshal(data.Bytes(), &e)
			e.ID = id
			return e, err
		}
	}
	if err := lines.Err(); err != nil {
		return Event{}, err
	}
	return Event{}, io.EOF
}
