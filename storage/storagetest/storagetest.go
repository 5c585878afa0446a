// Package storagetest is the contract of fleet.Store as tests: what every
// sentence of its comments promises, one subtest each. A bug that is found in
// one store becomes a subtest for all.
package storagetest

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// Open opens the store whose files are in dir, an existing directory that no
// open store uses. Opened again on the same dir it must hold what it held. The
// suite closes every store; Open may check more in t.Cleanup.
type Open func(t testing.TB, dir string) fleet.Store

// patience is how long the suite waits for what must happen.
const patience = 30 * time.Second

// Run holds the stores that open makes against the contract.
func Run(t *testing.T, open func(t testing.TB, dir string) fleet.Store) {
	groups := []struct {
		name  string
		tests []contract
	}{
		{"Tx", transactions},
		{"Agents", agents},
		{"Bodies", bodies},
		{"Configs", configs},
		{"Tokens", tokens},
		{"Samples", samples},
		{"Reader", reader},
		{"Life", life},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.tests {
				t.Run(c.name, func(t *testing.T) {
					c.run(&fixture{T: t, dir: t.TempDir(), open: open})
				})
			}
		})
	}
}

type contract struct {
	name string
	run  func(*fixture)
}

// fixture is one subtest's directory and the way to open stores there.
type fixture struct {
	*testing.T
	dir  string
	open Open
}

// store opens the store and closes it with the subtest.
func (f *fixture) store() fleet.Store {
	f.Helper()
	s := f.open(f.T, f.dir)
	f.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.Errorf("Close() = %v, want nil", err)
		}
	})
	return s
}

// reopened closes s and opens its directory again.
func (f *fixture) reopened(s fleet.Store) fleet.Store {
	f.Helper()
	if err := s.Close(); err != nil {
		f.Fatalf("Close() = %v, want nil", err)
	}
	return f.store()
}

// update runs fn in an Update that must succeed.
func (f *fixture) update(s fleet.Store, fn func(fleet.Tx) error) {
	f.Helper()
	if err := s.Update(f.Context(), fn); err != nil {
		f.Fatalf("Update() = %v, want nil", err)
	}
}

// view runs fn in a View that must succeed.
func (f *fixture) view(s fleet.Store, fn func(fleet.Tx) error) {
	f.Helper()
	if err := s.View(f.Context(), fn); err != nil {
		f.Fatalf("View() = %v, want nil", err)
	}
}

func (f *fixture) wantKind(call string, err error, want fleet.Kind) {
	f.Helper()
	if err == nil || fleet.KindOf(err) != want {
		f.Errorf("%s = %v (%v), want an error that is %v", call, err, fleet.KindOf(err), want)
	}
}

// wait waits for a channel to be closed.
func (f *fixture) wait(what string, done <-chan struct{}) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), patience)
	defer cancel()
	select {
	case <-done:
	case <-ctx.Done():
		f.Fatalf("%s did not happen within %v", what, patience)
	}
}

// collect lists what seq yields, up to the first error.
func collect[V any](seq iter.Seq2[V, error]) ([]V, error) {
	var all []V
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

func uid(n byte) fleet.InstanceUID {
	return fleet.InstanceUID{0x01, 0x95, 15: n}
}

func agent(n byte) fleet.Agent {
	return fleet.Agent{UID: uid(n), SequenceNum: uint64(n), FirstSeenAt: moment, LastSeenAt: moment}
}

var moment = time.Date(2026, 9, 30, 12, 0, 0, 123456789, time.UTC)
