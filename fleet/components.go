package fleet

import (
	"context"
	"maps"
	"slices"
)

// FleetComponents lists what any agent of the fleet has said to have on board:
// by kind, each name once, in order.
func (m *Manager) FleetComponents(ctx context.Context) (Components, error) {
	var lists []Components
	stored := map[ConfigHash]struct{}{}
	m.lock()
	for _, e := range m.order {
		switch {
		case e.components != nil: // not stored yet
			lists = append(lists, e.components)
		case e.agent.Components != "":
			stored[e.agent.Components] = struct{}{}
		}
	}
	m.unlock()
	for hash := range stored { // few: agents of one build have one list
		switch list, err := m.o.Store.Components(ctx, hash); {
		case err == nil:
			lists = append(lists, list)
		case KindOf(err) != NotFound: // It has just been replaced.
			return nil, err
		}
	}
	seen := map[string]map[string]struct{}{}
	for _, list := range lists {
		for kind, names := range list {
			if seen[kind] == nil {
				seen[kind] = map[string]struct{}{}
			}
			for _, name := range names {
				seen[kind][name] = struct{}{}
			}
		}
	}
	all := make(Components, len(seen))
	for kind, names := range seen {
		all[kind] = slices.Sorted(maps.Keys(names))
	}
	return all, nil
}
