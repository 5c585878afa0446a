package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

var transactions = []contract{
	{"View runs on one consistent snapshot", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error { return tx.PutAgent(agent(1)) })
		seen, wrote, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			err := s.View(f.Context(), func(tx fleet.Tx) error {
				if _, err := tx.Agent(uid(1)); err != nil {
					f.Errorf("Agent(1) before the commit of another = %v, want nil", err)
				}
				close(seen)
				<-wrote
				if a, err := tx.Agent(uid(1)); err != nil || a.Revision != 0 {
					f.Errorf("Agent(1) after the commit of another = revision %d, %v, want 0, nil", a.Revision, err)
				}
				_, err := tx.Agent(uid(2))
				f.wantKind("Agent(2), which came later", err, fleet.NotFound)
				if all, err := collect(tx.Agents(fleet.InstanceUID{})); len(all) != 1 || err != nil {
					f.Errorf("Agents() after the commit of another = %d agents, %v, want 1, nil", len(all), err)
				}
				return nil
			})
			if err != nil {
				f.Errorf("View() = %v, want nil", err)
			}
		}()
		f.wait("the first read", seen)
		f.update(s, func(tx fleet.Tx) error {
			a := agent(1)
			a.Revision = 1
			return errors.Join(tx.PutAgent(a), tx.PutAgent(agent(2)))
		})
		close(wrote)
		f.wait("the end of the View", done)
	}},
	{"View and Update return the error of fn", func(f *fixture) {
		s := f.store()
		mine := errors.New("mine")
		fail := func(fleet.Tx) error { return mine }
		//nolint:errorlint // The very same error, not one that wraps it.
		if err := s.View(f.Context(), fail); err != mine {
			f.Errorf("View(fn) = %v, want fn's own error", err)
		}
		//nolint:errorlint // As above.
		if err := s.Update(f.Context(), fail); err != mine {
			f.Errorf("Update(fn) = %v, want fn's own error", err)
		}
	}},
	{"a transaction sees its own writes", func(f *fixture) {
		s := f.store()
		f.update(s, func(tx fleet.Tx) error {
			for _, n := range []byte{3, 1, 2} {
				if err := tx.PutAgent(agent(n)); err != nil {
					return err
				}
			}
			if err := tx.DeleteAgent(uid(2)); err != nil {
				return err
			}
			if a, err := tx.Agent(uid(3)); err != nil || a.SequenceNum != 3 {
				f.Errorf("Agent(3) = %+v, %v, want what was put", a, err)
			}
			_, err := tx.Agent(uid(2))
			f.wantKind("Agent(2), deleted", err, fleet.NotFound)
			all, err := collect(tx.Agents(fleet.InstanceUID{}))
			if err != nil || len(all) != 2 || all[0].UID != uid(1) || all[1].UID != uid(3) {
				f.Errorf("Agents() = %v, %v, want 1 and 3", all, err)
			}
			return nil
		})
	}},
	{"an Update whose fn fails changes nothing", func(f *fixture) {
		s := f.store()
		populate(f, s)
		before := dump(f, s)
		err := s.Update(f.Context(), func(tx fleet.Tx) error {
			ravage(f, tx)
			return errors.New("no")
		})
		if err == nil {
			f.Error("Update() = nil, want fn's error")
		}
		if after := dump(f, s); !reflect.DeepEqual(after, before) {
			f.Errorf("after a failed Update the store holds\n%+v\nwant\n%+v", after, before)
		}
		if after := dump(f, f.reopened(s)); !reflect.DeepEqual(after, before) {
			f.Errorf("after a failed Update and a restart the store holds\n%+v\nwant\n%+v", after, before)
		}
	}},
	{"a panic in fn changes nothing and goes on to the caller", func(f *fixture) {
		s := f.store()
		populate(f, s)
		before := dump(f, s)
		for name, run := range map[string]func(func(fleet.Tx) error) error{
			"Update": func(fn func(fleet.Tx) error) error { return s.Update(f.Context(), fn) },
			"View":   func(fn func(fleet.Tx) error) error { return s.View(f.Context(), fn) },
		} {
			func() {
				defer func() {
					if p := recover(); p != "mine" {
						f.Errorf("%s(fn that panics) panicked with %v, want fn's own value", name, p)
					}
				}()
				err := run(func(tx fleet.Tx) error {
					if name == "Update" {
						ravage(f, tx)
					}
					panic("mine")
				})
				f.Errorf("%s(fn that panics) = %v, want the panic", name, err)
			}()
		}
		if after := dump(f, s); !reflect.DeepEqual(after, before) {
			f.Errorf("after a panic the store holds\n%+v\nwant\n%+v", after, before)
		}
		f.update(s, func(tx fleet.Tx) error { return tx.PutAgent(agent(9)) })
	}},
	{"one Update runs at a time", func(f *fixture) {
		s := f.store()
		var inside, count atomic.Int32
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 5 {
					err := s.Update(f.Context(), func(tx fleet.Tx) error {
						if n := inside.Add(1); n != 1 {
							f.Errorf("%d Updates run at once, want 1", n)
						}
						defer inside.Add(-1)
						a, err := tx.Agent(uid(1))
						if err != nil && fleet.KindOf(err) != fleet.NotFound {
							return err
						}
						a.UID = uid(1)
						a.Revision++
						count.Add(1)
						return tx.PutAgent(a)
					})
					if err != nil {
						f.Errorf("Update() = %v, want nil", err)
					}
				}
			})
		}
		all.Wait()
		if a, err := s.Agent(f.Context(), uid(1)); err != nil || a.Revision != uint64(count.Load()) {
			f.Errorf("Agent(1) after %d increments = revision %d, %v", count.Load(), a.Revision, err)
		}
	}},
	{"a View must not write", func(f *fixture) {
		s := f.store()
		populate(f, s)
		f.view(s, func(tx fleet.Tx) error {
			for name, write := range writes(tx) {
				f.wantKind(name+" in a View", write(), fleet.Internal)
			}
			return nil
		})
	}},
	{"the Tx must not be used after fn returned", func(f *fixture) {
		s := f.store()
		populate(f, s)
		for name, run := range map[string]func(context.Context, func(fleet.Tx) error) error{"View": s.View, "Update": s.Update} {
			var kept fleet.Tx
			var next func() error
			err := run(f.Context(), func(tx fleet.Tx) error {
				kept = tx
				seq := tx.Agents(fleet.InstanceUID{})
				next = func() error {
					_, err := collect(seq)
					return err
				}
				return nil
			})
			if err != nil {
				f.Fatalf("%s() = %v, want nil", name, err)
			}
			for op, write := range writes(kept) {
				f.wantKind(op+" after the "+name, write(), fleet.Internal)
			}
			for op, read := range reads(kept) {
				f.wantKind(op+" after the "+name, read(), fleet.Internal)
			}
			f.wantKind("a sequence ranged over after the "+name, next(), fleet.Internal)
		}
	}},
	{"a done ctx is Unavailable and fn does not run", func(f *fixture) {
		s := f.store()
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		fn := func(fleet.Tx) error {
			f.Error("fn ran, want it left alone")
			return nil
		}
		for name, err := range map[string]error{"View": s.View(ctx, fn), "Update": s.Update(ctx, fn)} {
			f.wantKind(name+"(done ctx)", err, fleet.Unavailable)
			if !errors.Is(err, context.Canceled) {
				f.Errorf("%s(done ctx) = %v, want an error that is context.Canceled", name, err)
			}
		}
		_, err := s.Agent(ctx, uid(1))
		f.wantKind("Agent(done ctx)", err, fleet.Unavailable)
	}},
	{"an Update waits for another until ctx is done", func(f *fixture) {
		s := f.store()
		running, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			err := s.Update(f.Context(), func(fleet.Tx) error {
				close(running)
				<-release
				return nil
			})
			if err != nil {
				f.Errorf("Update() = %v, want nil", err)
			}
		}()
		f.wait("the first Update", running)
		ctx, cancel := context.WithTimeout(f.Context(), 20*time.Millisecond)
		defer cancel()
		err := s.Update(ctx, func(fleet.Tx) error {
			f.Error("fn ran beside another Update")
			return nil
		})
		f.wantKind("Update(ctx that ends while it waits)", err, fleet.Unavailable)
		close(release)
		f.wait("the end of the first Update", done)
		f.update(s, func(tx fleet.Tx) error { return tx.PutAgent(agent(1)) })
	}},
	{"concurrent use", func(f *fixture) {
		s := f.store()
		// Writers keep the two agents of a pair equal; readers must never see them differ.
		put := func(n byte, revision uint64) error {
			return s.Update(f.Context(), func(tx fleet.Tx) error {
				a, b := agent(n), agent(n+100)
				a.Revision, b.Revision = revision, revision
				return errors.Join(tx.PutAgent(a), tx.PutAgent(b))
			})
		}
		const pairs, rounds = 3, 20
		for n := range byte(pairs) {
			if err := put(n+1, 0); err != nil {
				f.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for n := range byte(pairs) {
			all.Go(func() {
				for r := range uint64(rounds) {
					if err := put(n+1, r+1); err != nil {
						f.Errorf("Update() = %v, want nil", err)
					}
				}
			})
			all.Go(func() {
				for range rounds {
					err := s.View(f.Context(), func(tx fleet.Tx) error {
						list, err := collect(tx.Agents(fleet.InstanceUID{}))
						if err != nil || len(list) != 2*pairs {
							return fmt.Errorf("Agents() = %d, %w", len(list), err)
						}
						for i := range pairs {
							if list[i].Revision != list[i+pairs].Revision {
								f.Errorf("revisions of a pair = %d, %d, want equal", list[i].Revision, list[i+pairs].Revision)
							}
						}
						return nil
					})
					if err != nil {
						f.Errorf("View() = %v, want nil", err)
					}
					if _, err := s.Agent(f.Context(), uid(n+1)); err != nil {
						f.Errorf("Agent() = %v, want nil", err)
					}
				}
			})
		}
		all.Wait()
	}},
}
