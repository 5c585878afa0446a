package mem

import (
	"maps"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// state is a whole fleet. The records in it are never changed, only replaced,
// so that a copy of the maps is a copy of the fleet.
type state struct {
	agents     map[fleet.InstanceUID]*fleet.Agent
	effective  map[fleet.ConfigHash]*fleet.EffectiveConfig
	components map[fleet.ConfigHash]fleet.Components
	configs    map[fleet.ConfigID]*fleet.Config
	versions   map[fleet.ConfigID]map[int]*fleet.Version
	tokens     map[string]*fleet.Token
	samples    map[time.Time]*fleet.Sample
	stoppedAt  time.Time
	seeded     []string
}

func newState() *state {
	return &state{
		agents:     map[fleet.InstanceUID]*fleet.Agent{},
		effective:  map[fleet.ConfigHash]*fleet.EffectiveConfig{},
		components: map[fleet.ConfigHash]fleet.Components{},
		configs:    map[fleet.ConfigID]*fleet.Config{},
		versions:   map[fleet.ConfigID]map[int]*fleet.Version{},
		tokens:     map[string]*fleet.Token{},
		samples:    map[time.Time]*fleet.Sample{},
	}
}

func (st *state) clone() *state {
	c := &state{
		agents:     maps.Clone(st.agents),
		effective:  maps.Clone(st.effective),
		components: maps.Clone(st.components),
		configs:    maps.Clone(st.configs),
		versions:   maps.Clone(st.versions),
		tokens:     maps.Clone(st.tokens),
		samples:    maps.Clone(st.samples),
		stoppedAt:  st.stoppedAt,
		seeded:     st.seeded,
	}
	for id, versions := range c.versions {
		c.versions[id] = maps.Clone(versions)
	}
	return c
}

// dropUnnamed removes the bodies that no agent names.
func (st *state) dropUnnamed() {
	if len(st.effective)+len(st.components) == 0 {
		return
	}
	effective, components := map[fleet.ConfigHash]bool{}, map[fleet.ConfigHash]bool{}
	for _, a := range st.agents {
		effective[a.EffectiveConfig] = true
		components[a.Components] = true
	}
	maps.DeleteFunc(st.effective, func(h fleet.ConfigHash, _ *fleet.EffectiveConfig) bool { return !effective[h] })
	maps.DeleteFunc(st.components, func(h fleet.ConfigHash, _ fleet.Components) bool { return !components[h] })
}
