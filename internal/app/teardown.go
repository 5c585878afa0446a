package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// teardown is what has been started and is to be stopped, newest first.
type teardown struct {
	log   *slog.Logger
	steps []step
}

type step struct {
	name string
	stop func(context.Context) error
}

// push adds a step, to be taken before those that were pushed earlier.
func (t *teardown) push(name string, stop func(context.Context) error) {
	t.steps = append(t.steps, step{name, stop})
}

// unwind takes every step, whatever the others return, and joins their errors.
func (t *teardown) unwind(ctx context.Context) error {
	var errs []error
	for len(t.steps) > 0 {
		last := t.steps[len(t.steps)-1]
		t.steps = t.steps[:len(t.steps)-1]
		began := time.Now()
		if err := last.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", last.name, err))
		}
		t.log.Debug("stopped", "part", last.name, "took", time.Since(began))
	}
	return errors.Join(errs...)
}

// early returns a copy of ctx that ends when two thirds of the time to its
// deadline are over, so that a step that waits for others leaves the rest to
// those after it.
func early(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)*2/3)
}
