package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// eventPatience is how long a reader may take to accept one event.
const eventPatience = 10 * time.Second

// reconnectMillis is what a browser waits before it comes back.
const reconnectMillis = 2000

// event is the data of one event. Agent is as in lists; Config has neither body nor counts.
type event struct {
	Type   fleet.EventType `json:"type"`
	At     time.Time       `json:"at"`
	Agent  *agent          `json:"agent,omitempty"`
	Config *config         `json:"config,omitempty"`
}

// events streams what happens, as server-sent events (HTML standard, section
// 9.2), until the client goes or does not keep up, its session or its token ends, or
// the server stops.
func (a *api) events(x *exchange, r *http.Request) error {
	last := r.Header.Get("Last-Event-ID")
	if q := queryOf(r); last == "" {
		last = q.text("last_event_id") // an EventSource that starts anew cannot set the header
		if err := q.err(); err != nil {
			return err
		}
	}
	ctx, stop := a.whileSignedIn(r)
	defer stop()
	if a.done != nil {
		go func() { // ends with the request at the latest
			select {
			case <-a.done:
				stop()
			case <-ctx.Done():
			}
		}()
	}

	h := x.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	if r.Method == http.MethodHead {
		x.WriteHeader(http.StatusOK)
		return nil
	}
	out := &eventWriter{x: x, rc: http.NewResponseController(x)}
	// A limit on the time of a whole request is not meant for a stream.
	if err := out.rc.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil // the client is gone
	}
	subscription := a.fleet.Subscribe(last)
	a.metrics.streams.Inc()
	defer a.metrics.streams.Dec()
	if out.opening(subscription.ID()) != nil {
		return nil
	}
	for {
		e, err := a.nextEvent(ctx, subscription)
		switch {
		case a.revoked(ctx):
			return nil
		case err == nil:
			err = out.event(&e)
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			err = out.write([]byte(": keep-alive\n\n"))
		}
		if err != nil { // the client has gone or does not read, or the server stops: either way the stream is over
			return nil
		}
	}
}

func (a *api) nextEvent(ctx context.Context, s *fleet.Subscription) (fleet.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, a.keepAlive)
	defer cancel()
	return s.Next(ctx)
}

// revoked reports whether the token that the request came with is no more.
func (a *api) revoked(ctx context.Context) bool {
	caller, _ := fleet.CallerFrom(ctx)
	if caller.TokenID == "" { // mode none
		return false
	}
	_, known := a.fleet.TokenCaller(caller.TokenID)
	return !known
}

// eventWriter writes one stream. It is used by one goroutine.
type eventWriter struct {
	x   *exchange
	rc  *http.ResponseController
	buf bytes.Buffer
}

// opening tells the client when to come back, and from where: a stream may break before its first event.
func (w *eventWriter) opening(id string) error {
	fmt.Fprintf(&w.buf, "retry: %d\n", reconnectMillis)
	if id != "" {
		fmt.Fprintf(&w.buf, "id: %s\n", id)
	}
	w.buf.WriteByte('\n')
	return w.write(w.buf.Bytes())
}

func (w *eventWriter) event(e *fleet.Event) error {
	data := event{Type: e.Type, At: e.At.UTC()}
	if e.Agent != nil {
		data.Agent = &newAgents([]fleet.AgentView{*e.Agent})[0]
	}
	if e.Config != nil {
		c := newConfig(e.Config)
		data.Config = &c
	}
	w.buf.Reset()
	fmt.Fprintf(&w.buf, "id: %s\nevent: %s\ndata: ", e.ID, e.Type)
	enc := json.NewEncoder(&w.buf) // ends with a line break, and has no other
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		w.x.fault = err
		return err
	}
	w.buf.WriteByte('\n')
	return w.write(w.buf.Bytes())
}

// write sends b at once; a reader that does not accept it in time is gone.
func (w *eventWriter) write(b []byte) error {
	if err := w.rc.SetWriteDeadline(time.Now().Add(eventPatience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := w.x.Write(b); err != nil {
		return err
	}
	if err := w.rc.Flush(); err != nil {
		return err
	}
	// HTTP/2 ends a stream at its deadline, also one on which nothing is being written.
	if err := w.rc.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
