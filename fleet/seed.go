package fleet

import (
	"context"
	"slices"
)

// maxSeeded bounds the names that are remembered for good.
const maxSeeded = 1000

// SeedConfig creates a configuration unless something of its name was seeded or
// exists already, and reports whether it did. What was seeded once is never
// seeded again: what an operator has changed stays, what one has deleted stays
// away. Errors: as CreateConfig's.
func (m *Manager) SeedConfig(ctx context.Context, spec ConfigSpec, o WriteOptions) (ConfigView, bool, error) {
	if err := m.checkSpec(spec); err != nil {
		return ConfigView{}, false, err
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	var seeded []string
	err := m.o.Store.View(ctx, func(tx Tx) (err error) {
		seeded, err = tx.Seeded()
		return err
	})
	switch {
	case err != nil:
		return ConfigView{}, false, err
	case slices.Contains(seeded, spec.Name):
		return ConfigView{}, false, nil
	case len(seeded) >= maxSeeded:
		return ConfigView{}, false, Errorf(Conflict, "%d configurations were seeded, and no more names are remembered", maxSeeded)
	}
	remember := func(tx Tx) error { return tx.SetSeeded(append(seeded, spec.Name)) }
	if m.hasConfig(spec.Name) {
		return ConfigView{}, false, m.o.Store.Update(ctx, remember)
	}
	v, err := m.addConfig(ctx, spec, o, remember)
	return v, err == nil, err
}

func (m *Manager) hasConfig(name string) bool {
	m.lock()
	defer m.unlock()
	return m.catalog.byName(name) != nil
}
