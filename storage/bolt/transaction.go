package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/ollystack/control-plane/fleet"
)

// View implements fleet.Store.
func (s *Store) View(ctx context.Context, fn func(fleet.Tx) error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.open.Done()
	t, err := s.beginTx(false)
	if err != nil {
		return err
	}
	defer t.rollback()
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
		return s.errClosed()
	}
	defer func() { s.writer <- struct{}{} }()

	t, err := s.beginTx(true)
	if err != nil {
		return err
	}
	defer t.rollback() // does nothing after a commit
	if err := fn(t); err != nil {
		return err
	}
	return t.commit()
}

// begin lets a call in, if the store is open; s.open.Done lets it out.
func (s *Store) begin(ctx context.Context) error {
	if ctx.Err() != nil {
		return canceled(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.errClosed()
	}
	s.open.Add(1)
	return nil
}

func (s *Store) beginTx(writable bool) (*tx, error) {
	if err := s.unusable.Load(); err != nil {
		return nil, err
	}
	t := &tx{s: s, writable: writable}
	err := s.guarded(func() (err error) {
		t.b, err = s.db.Begin(writable)
		return err
	})
	if err != nil {
		if fleet.KindOf(err) == fleet.Internal || errors.Is(err, berrors.ErrInvalidMapping) {
			s.giveUp(err)
		}
		return nil, err
	}
	return t, nil
}

// rollback ends the transaction, unless it is over.
func (t *tx) rollback() {
	t.ended = true
	err := t.s.guarded(func() error {
		if err := t.b.Rollback(); !errors.Is(err, berrors.ErrTxClosed) {
			return err
		}
		return nil
	})
	if err != nil {
		t.s.giveUp(err)
	}
}

// commit makes the transaction durable, where it has changed anything.
func (t *tx) commit() error {
	if t.failed != nil {
		return t.failed
	}
	if err := t.guard(false, t.settleBodies); err != nil {
		return err
	}
	t.ended = true
	if !t.dirty {
		return nil
	}
	id, size, s := t.b.ID(), t.b.Size(), t.s
	begin := s.clock()
	err := s.contained(t.b.Commit)
	stats := t.b.Stats()
	written := stats.GetPageAlloc() + int64(s.db.Info().PageSize)
	if err == nil {
		s.metrics.wrote(s.clock().Sub(begin), written)
		s.release(size)
	} else {
		err = s.writeError(err)
		s.metrics.failed()
		t.rollback()
		s.afterFailedCommit(id, err)
	}
	s.noteWrite(err, written)
	return err
}

// afterFailedCommit finds out whether the transaction is there all the same:
// when the last sync fails after the header was written, readers see it though
// it may not be on disk. What callers believe and what they would read would
// differ then, so the store stops until a restart settles it.
func (s *Store) afterFailedCommit(id int, cause error) {
	if fleet.KindOf(cause) == fleet.Internal {
		s.giveUp(cause)
		return
	}
	t, err := s.beginTx(false)
	if err != nil {
		return
	}
	seen := t.b.ID()
	t.rollback()
	if seen >= id {
		s.giveUp(&fleet.Error{
			Kind: fleet.Unavailable, Err: cause,
			Msg: fmt.Sprintf("the disk did not confirm the last write to %s: see the system's log, then restart ollystack", s.path),
		})
	}
}

// giveUp makes the store answer nothing but err from now on.
func (s *Store) giveUp(err error) {
	var e *fleet.Error
	if !errors.As(err, &e) {
		e = &fleet.Error{Kind: fleet.Internal, Msg: s.path + " cannot be used", Err: err}
	}
	if s.unusable.CompareAndSwap(nil, e) {
		s.log.Error("the store stops", "file", s.path, "err", err)
	}
}

// guarded runs fn and makes errors of the domain of what goes wrong in it:
// bbolt panics on pages that make no sense, and memory that is mapped behind the
// end of a file that was cut faults.
func (s *Store) guarded(fn func() error) error {
	if err := s.contained(fn); err != nil {
		return s.classified(err)
	}
	return nil
}

// contained turns panics and memory faults in fn into errors.
func (s *Store) contained(fn func() error) (err error) {
	faults := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(faults)
		if p := recover(); p != nil {
			err = damaged(s.path, fmt.Errorf("bbolt: %v", p))
		}
	}()
	return fn()
}

func (s *Store) errClosed() error {
	return fleet.Errorf(fleet.Unavailable, "%s is closed", s.path)
}

func canceled(ctx context.Context) error {
	return &fleet.Error{Kind: fleet.Unavailable, Msg: "the store was not asked in time", Err: context.Cause(ctx)}
}
