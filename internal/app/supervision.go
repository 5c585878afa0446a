package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Supervision is how the server tells whoever started it how it does, in the
// words of sd_notify(3).
type Supervision struct {
	// Notify sends one message, lines of NAME=VALUE; nil where nobody wants to know.
	Notify func(message string) error
	// Watchdog is how soon after one sign of life the next is due, before the
	// server is taken for dead; 0 where nobody waits for any.
	Watchdog time.Duration
}

const (
	// statusInterval is how often the status is looked after where no watchdog asks for more.
	statusInterval = 30 * time.Second
	// checksPerDeadline self-checks fit into the time of the watchdog: one or two may
	// come late on a machine that is short of breath.
	checksPerDeadline = 3
	// startRetry is the time between self-checks until the first one succeeds.
	startRetry = 250 * time.Millisecond
	// stopReserve is what a stop may take beyond shutdown_timeout, to write what it was given time for.
	stopReserve = 15 * time.Second
)

// supervised tells the supervisor. All its methods do nothing where there is none.
type supervised struct {
	Supervision
	log     *slog.Logger
	status  string // the last that watch has told
	unwatch func() // ends watch; nil where it does not run
}

// tell sends a message. That the supervisor does not take it is no reason to stop.
func (s *supervised) tell(lines ...string) {
	if s.Notify == nil {
		return
	}
	if err := s.Notify(strings.Join(lines, "\n")); err != nil {
		s.log.Warn("the supervisor cannot be told", "err", err)
	}
}

func status(text string) string {
	return "STATUS=" + strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

func (s *supervised) starting(what string) { s.tell(status(what)) }

// stopping says that the end has begun and how long it may take, so that no unit
// file has to agree with shutdown_timeout.
func (s *supervised) stopping(within time.Duration) {
	if s.unwatch != nil {
		s.unwatch()
	}
	s.tell("STOPPING=1", status("Stopping: agents are told, and what they reported is saved"),
		fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", (within+stopReserve).Microseconds()))
}

// ended leaves why, where it was not asked for.
func (s *supervised) ended(err error) {
	if err != nil {
		s.tell(status("Ended: " + err.Error()))
	}
}

// watch begins to run check, again and again until stopping. The first success
// is READY; each one feeds the watchdog, a failure does not.
func (s *supervised) watch(check func(context.Context) (string, error)) {
	if s.Notify == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.watchUntil(ctx, check)
	}()
	s.unwatch = func() {
		cancel()
		<-done
	}
}

func (s *supervised) watchUntil(ctx context.Context, check func(context.Context) (string, error)) {
	interval := statusInterval
	if s.Watchdog > 0 {
		interval = s.Watchdog / checksPerDeadline
	}
	ready := false
	for ctx.Err() == nil {
		wait := interval
		began := time.Now()
		lines, err := s.once(ctx, interval, check)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !ready:
			wait = startRetry
		case err == nil && !ready:
			ready = true
			lines = append([]string{"READY=1"}, lines...)
		}
		if len(lines) > 0 {
			s.tell(lines...)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait - min(wait, time.Since(began))):
		}
	}
}

// once makes one check within the time and returns what there is to tell.
func (s *supervised) once(ctx context.Context, within time.Duration, check func(context.Context) (string, error)) (lines []string, err error) {
	bounded, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	text, err := check(bounded)
	switch {
	case ctx.Err() != nil: // it was called off, and says nothing
		return nil, ctx.Err()
	case err != nil:
		text = "The self-check failed: " + err.Error()
		s.log.Error("the self-check failed", "err", err)
	default:
		lines = append(lines, "WATCHDOG=1")
	}
	if text != s.status {
		s.status = text
		lines = append(lines, status(text))
	}
	return lines, err
}
