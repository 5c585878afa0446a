// Package mem keeps a fleet in memory, for tests and trials. It passes the same
// contract as the stores that write to disk; what it holds ends with the process.
package mem

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/ollystack/control-plane/fleet"
)

// Store is a fleet.Store in memory. Make one with New.
type Store struct {
	current atomic.Pointer[state] // what the latest commit left; never changed in place
	writer  chan struct{}         // holds one token: whoever takes it may commit

	closing chan struct{} // closed by the first Close
	mu      sync.Mutex    // guards closed, and joining open while not closed
	closed  bool
	open    sync.WaitGroup // transactions that run
}

var _ fleet.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store { return newStore(newState()) }

func newStore(st *state) *Store {
	s := &Store{writer: make(chan struct{}, 1), closing: make(chan struct{})}
	s.writer <- struct{}{}
	s.current.Store(st)
	return s
}

// Reopen returns an open store that begins with what s holds now, as a store on
// disk does after a restart. The two go their own ways from there.
func (s *Store) Reopen() *Store { return newStore(s.current.Load()) }

// View implements fleet.Store.
func (s *Store) View(ctx context.Context, fn func(fleet.Tx) error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.open.Done()
	t := &tx{st: s.current.Load()}
	defer t.end()
	return fn(t)
}

// Update implements fleet.Store.
func (s *Store) Update(ctx context.Context, fn func(fleet.Tx) error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.open.Done()
	select {
	case <-s.writer:
	case <-ctx.Done():
		return canceled(ctx)
	case <-s.closing:
		return errClosed()
	}
	defer func() { s.writer <- struct{}{} }()

	t := &tx{st: s.current.Load().clone(), writable: true}
	defer t.end()
	if err := fn(t); err != nil {
		return err
	}
	t.st.dropUnnamed()
	s.current.Store(t.st)
	return nil
}

// Close implements fleet.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	s.open.Wait()
	return nil
}

func (s *Store) begin(ctx context.Context) error {
	if ctx.Err() != nil {
		return canceled(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed()
	}
	s.open.Add(1)
	return nil
}

func errClosed() error { return fleet.Errorf(fleet.Unavailable, "the store is closed") }

func canceled(ctx context.Context) error {
	return &fleet.Error{Kind: fleet.Unavailable, Msg: "the store was not asked in time", Err: context.Cause(ctx)}
}
