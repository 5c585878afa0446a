package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTeardown(t *testing.T) {
	t.Parallel()
	var order []string
	var td teardown
	td.log = slog.New(slog.DiscardHandler)
	for _, name := range []string{"store", "fleet", "front"} {
		td.push(name, func(context.Context) error {
			order = append(order, name)
			if name == "fleet" {
				return nil
			}
			return errors.New(name + " stuck")
		})
	}
	err := td.unwind(t.Context())
	if want := []string{"front", "fleet", "store"}; !slices.Equal(order, want) {
		t.Errorf("order of the stops = %v, want %v", order, want)
	}
	for _, want := range []string{"stop front: front stuck", "stop store: store stuck"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("unwind = %v, want an error with %q", err, want)
		}
	}
	order = nil
	if err := td.unwind(t.Context()); err != nil || order != nil {
		t.Errorf("the second unwind = %v and stopped %v, want nothing", err, order)
	}
}

func TestEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		whole, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		began := time.Now()
		ctx, cancel := early(whole)
		defer cancel()
		<-ctx.Done()
		if took := time.Since(began); took != 10*time.Second || whole.Err() != nil {
			t.Errorf("early(15s) ended after %v, want 10s and the whole to go on", took)
		}
	})
}
