package storagetest

import (
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

var reader = []contract{
	{"reads what the latest commit left", func(f *fixture) {
		s := f.store()
		want := populate(f, s)
		ctx := f.Context()
		a, c, v := want.Agents[0], want.Configs[0], want.Versions[0]
		for name, read := range map[string]func() (got, want any, err error){
			"Agent":   func() (any, any, error) { got, err := s.Agent(ctx, a.UID); return got, a, err },
			"Config":  func() (any, any, error) { got, err := s.Config(ctx, c.ID); return got, c, err },
			"Version": func() (any, any, error) { got, err := s.Version(ctx, v.ConfigID, v.Number); return got, v, err },
			"EffectiveConfig": func() (any, any, error) {
				got, err := s.EffectiveConfig(ctx, a.EffectiveConfig)
				return got, want.Effective[a.EffectiveConfig], err
			},
			"Components": func() (any, any, error) {
				got, err := s.Components(ctx, a.Components)
				return got, want.Components[a.Components], err
			},
		} {
			if got, want, err := read(); err != nil || !reflect.DeepEqual(got, want) {
				f.Errorf("%s() = %+v, %v, want %+v", name, got, err, want)
			}
		}
		a.Revision++
		f.update(s, func(tx fleet.Tx) error { return tx.PutAgent(a) })
		if got, err := s.Agent(ctx, a.UID); err != nil || got.Revision != a.Revision {
			f.Errorf("Agent() after the commit = revision %d, %v, want %d", got.Revision, err, a.Revision)
		}
	}},
	{"what does not exist is NotFound", func(f *fixture) {
		s := f.store()
		for name, err := range readerErrors(f, s) {
			f.wantKind(name, err, fleet.NotFound)
		}
	}},
}

func readerErrors(f *fixture, s fleet.Reader) map[string]error {
	ctx := f.Context()
	errs := map[string]error{}
	_, errs["Agent"] = s.Agent(ctx, uid(77))
	_, errs["Config"] = s.Config(ctx, "none")
	_, errs["Version"] = s.Version(ctx, "none", 1)
	_, errs["EffectiveConfig"] = s.EffectiveConfig(ctx, "none")
	_, errs["Components"] = s.Components(ctx, "none")
	return errs
}

var life = []contract{
	{"an empty store", func(f *fixture) {
		s := f.store()
		want := content{Effective: map[fleet.ConfigHash]fleet.EffectiveConfig{}, Components: map[fleet.ConfigHash]fleet.Components{}}
		if got := dump(f, s); !reflect.DeepEqual(got, want) {
			f.Errorf("an empty store holds %+v", got)
		}
	}},
	{"StoppedAt is what was set last", func(f *fixture) {
		s := f.store()
		for _, at := range []time.Time{moment, {}, moment.Add(time.Nanosecond)} {
			f.update(s, func(tx fleet.Tx) error {
				if err := tx.SetStoppedAt(at); err != nil {
					return err
				}
				if got, err := tx.StoppedAt(); err != nil || got != at {
					f.Errorf("StoppedAt() in the transaction = %v, %v, want %v", got, err, at)
				}
				return nil
			})
			s = f.reopened(s)
			f.view(s, func(tx fleet.Tx) error {
				if got, err := tx.StoppedAt(); err != nil || got != at || got.IsZero() != at.IsZero() {
					f.Errorf("StoppedAt() = %v, %v, want %v", got, err, at)
				}
				return nil
			})
		}
	}},
	{"Seeded is what was set last", func(f *fixture) {
		s := f.store()
		for _, names := range [][]string{{"gateway"}, {"gateway", "agent"}, nil} {
			given := slices.Clone(names)
			f.update(s, func(tx fleet.Tx) error {
				if err := tx.SetSeeded(given); err != nil {
					return err
				}
				if len(given) > 0 {
					given[0] = "changed afterwards"
				}
				if got, err := tx.Seeded(); err != nil || !slices.Equal(got, names) {
					f.Errorf("Seeded() in the transaction = %v, %v, want %v", got, err, names)
				}
				return nil
			})
			s = f.reopened(s)
			f.view(s, func(tx fleet.Tx) error {
				if got, err := tx.Seeded(); err != nil || !slices.Equal(got, names) {
					f.Errorf("Seeded() = %v, %v, want %v", got, err, names)
				}
				return nil
			})
		}
	}},
	{"after Close everything is Unavailable, and a second Close returns nil", func(f *fixture) {
		s := f.store()
		populate(f, s)
		if err := s.Close(); err != nil {
			f.Errorf("Close() = %v, want nil", err)
		}
		fn := func(fleet.Tx) error {
			f.Error("fn ran on a closed store")
			return nil
		}
		f.wantKind("View on a closed store", s.View(f.Context(), fn), fleet.Unavailable)
		f.wantKind("Update on a closed store", s.Update(f.Context(), fn), fleet.Unavailable)
		for name, err := range readerErrors(f, s) {
			f.wantKind(name+" on a closed store", err, fleet.Unavailable)
		}
		if err := s.Close(); err != nil {
			f.Errorf("second Close() = %v, want nil", err)
		}
	}},
	{"Close waits for open transactions", func(f *fixture) {
		s := f.store()
		reading, writing, release := make(chan struct{}), make(chan struct{}), make(chan struct{})
		var finished atomic.Int32
		viewed, updated, closed := make(chan struct{}), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(viewed)
			err := s.View(f.Context(), func(tx fleet.Tx) error {
				close(reading)
				<-release
				_, err := tx.Agent(uid(1))
				f.wantKind("Agent(1) while the store closes", err, fleet.NotFound)
				finished.Add(1)
				return nil
			})
			if err != nil {
				f.Errorf("View() while the store closes = %v, want nil", err)
			}
		}()
		go func() {
			defer close(updated)
			err := s.Update(f.Context(), func(tx fleet.Tx) error {
				close(writing)
				<-release
				finished.Add(1)
				return tx.PutAgent(agent(2))
			})
			if err != nil {
				f.Errorf("Update() while the store closes = %v, want nil", err)
			}
		}()
		f.wait("the View", reading)
		f.wait("the Update", writing)
		go func() {
			defer close(closed)
			if err := s.Close(); err != nil {
				f.Errorf("Close() = %v, want nil", err)
			}
			if n := finished.Load(); n != 2 {
				f.Errorf("Close() returned when %d of 2 transactions had finished", n)
			}
		}()
		// Once Close has begun, new calls are refused though it has not returned.
		deadline := time.Now().Add(patience)
		for fleet.KindOf(s.View(f.Context(), func(fleet.Tx) error { return nil })) != fleet.Unavailable {
			if time.Now().After(deadline) {
				f.Fatalf("View() was not refused within %v of Close", patience)
			}
		}
		select {
		case <-closed:
			f.Error("Close() returned while two transactions were open")
		default:
		}
		close(release)
		f.wait("the end of the View", viewed)
		f.wait("the end of the Update", updated)
		f.wait("the end of Close", closed)
		s = f.store()
		if _, err := s.Agent(f.Context(), uid(2)); err != nil {
			f.Errorf("Agent(2), committed while the store closed = %v, want nil", err)
		}
	}},
}
