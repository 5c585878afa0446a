package bolt

import (
	"context"

	"github.com/ollystack/control-plane/fleet"
)

// Agent implements fleet.Reader.
func (s *Store) Agent(ctx context.Context, uid fleet.InstanceUID) (fleet.Agent, error) {
	return read(ctx, s, func(t fleet.Tx) (fleet.Agent, error) { return t.Agent(uid) })
}

// Config implements fleet.Reader.
func (s *Store) Config(ctx context.Context, id fleet.ConfigID) (fleet.Config, error) {
	return read(ctx, s, func(t fleet.Tx) (fleet.Config, error) { return t.Config(id) })
}

// Version implements fleet.Reader.
func (s *Store) Version(ctx context.Context, id fleet.ConfigID, number int) (fleet.Version, error) {
	return read(ctx, s, func(t fleet.Tx) (fleet.Version, error) { return t.Version(id, number) })
}

// EffectiveConfig implements fleet.Reader.
func (s *Store) EffectiveConfig(ctx context.Context, hash fleet.ConfigHash) (fleet.EffectiveConfig, error) {
	return read(ctx, s, func(t fleet.Tx) (fleet.EffectiveConfig, error) { return t.EffectiveConfig(hash) })
}

// Components implements fleet.Reader.
func (s *Store) Components(ctx context.Context, hash fleet.ConfigHash) (fleet.Components, error) {
	return read(ctx, s, func(t fleet.Tx) (fleet.Components, error) { return t.Components(hash) })
}

func read[T any](ctx context.Context, s *Store, get func(fleet.Tx) (T, error)) (v T, err error) {
	err = s.View(ctx, func(t fleet.Tx) (err error) {
		v, err = get(t)
		return err
	})
	return v, err
}
