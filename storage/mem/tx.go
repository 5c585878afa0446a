package mem

import (
	"bytes"
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// tx is a transaction over a state: the current one to read, a copy of it to write.
type tx struct {
	st       *state
	writable bool
	ended    bool
}

func (t *tx) end() { t.ended = true }

func (t *tx) readable() error {
	if t.ended {
		return fleet.Errorf(fleet.Internal, "the transaction is over")
	}
	return nil
}

func (t *tx) write() error {
	if err := t.readable(); err != nil {
		return err
	}
	if !t.writable {
		return fleet.Errorf(fleet.Internal, "a View must not write")
	}
	return nil
}

func (t *tx) Agent(uid fleet.InstanceUID) (fleet.Agent, error) {
	if err := t.readable(); err != nil {
		return fleet.Agent{}, err
	}
	a, ok := t.st.agents[uid]
	if !ok {
		return fleet.Agent{}, fleet.Errorf(fleet.NotFound, "there is no agent %s", uid)
	}
	return *cloneAgent(a), nil
}

func (t *tx) Agents(after fleet.InstanceUID) iter.Seq2[fleet.Agent, error] {
	return ordered(t, func() map[fleet.InstanceUID]*fleet.Agent { return t.st.agents },
		func(x, y fleet.InstanceUID) int { return bytes.Compare(x[:], y[:]) },
		after, cloneAgent)
}

func (t *tx) PutAgent(a fleet.Agent) error {
	if err := t.write(); err != nil {
		return err
	}
	if a.UID.IsZero() {
		return fleet.Errorf(fleet.Invalid, "an agent must have an instance UID")
	}
	if _, ok := t.st.effective[a.EffectiveConfig]; !ok && a.EffectiveConfig != "" {
		return fleet.Errorf(fleet.Invalid, "agent %s names the effective config %s, which is not stored", a.UID, a.EffectiveConfig)
	}
	if _, ok := t.st.components[a.Components]; !ok && a.Components != "" {
		return fleet.Errorf(fleet.Invalid, "agent %s names the component list %s, which is not stored", a.UID, a.Components)
	}
	t.st.agents[a.UID] = cloneAgent(&a)
	return nil
}

func (t *tx) DeleteAgent(uid fleet.InstanceUID) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.st.agents[uid]; !ok {
		return fleet.Errorf(fleet.NotFound, "there is no agent %s", uid)
	}
	delete(t.st.agents, uid)
	return nil
}

func (t *tx) PutEffectiveConfig(c fleet.EffectiveConfig) error {
	if err := t.write(); err != nil {
		return err
	}
	if c.Hash == "" {
		return fleet.Errorf(fleet.Invalid, "an effective config must have a hash")
	}
	if _, ok := t.st.effective[c.Hash]; !ok {
		t.st.effective[c.Hash] = cloneEffectiveConfig(&c)
	}
	return nil
}

func (t *tx) PutComponents(hash fleet.ConfigHash, c fleet.Components) error {
	if err := t.write(); err != nil {
		return err
	}
	if hash == "" {
		return fleet.Errorf(fleet.Invalid, "a component list must have a hash")
	}
	if _, ok := t.st.components[hash]; !ok {
		t.st.components[hash] = cloneComponents(c)
	}
	return nil
}

func (t *tx) EffectiveConfig(hash fleet.ConfigHash) (fleet.EffectiveConfig, error) {
	if err := t.readable(); err != nil {
		return fleet.EffectiveConfig{}, err
	}
	c, ok := t.st.effective[hash]
	if !ok {
		return fleet.EffectiveConfig{}, fleet.Errorf(fleet.NotFound, "there is no effective config %s", hash)
	}
	return *cloneEffectiveConfig(c), nil
}

func (t *tx) Components(hash fleet.ConfigHash) (fleet.Components, error) {
	if err := t.readable(); err != nil {
		return nil, err
	}
	c, ok := t.st.components[hash]
	if !ok {
		return nil, fleet.Errorf(fleet.NotFound, "there is no component list %s", hash)
	}
	return cloneComponents(c), nil
}

func (t *tx) Samples() iter.Seq2[fleet.Sample, error] {
	return ordered(t, func() map[time.Time]*fleet.Sample { return t.st.samples }, time.Time.Compare, time.Time{}, cloneSample)
}

func (t *tx) PutSample(s fleet.Sample) error {
	if err := t.write(); err != nil {
		return err
	}
	if !s.At.After(time.Time{}) {
		return fleet.Errorf(fleet.Invalid, "a sample must have a time")
	}
	t.st.samples[plain(s.At)] = cloneSample(&s)
	return nil
}

func (t *tx) DeleteSample(at time.Time) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.st.samples[plain(at)]; !ok {
		return fleet.Errorf(fleet.NotFound, "there is no sample of %v", at)
	}
	delete(t.st.samples, plain(at))
	return nil
}

func (t *tx) StoppedAt() (time.Time, error) {
	return t.st.stoppedAt, t.readable()
}

func (t *tx) SetStoppedAt(at time.Time) error {
	if err := t.write(); err != nil {
		return err
	}
	t.st.stoppedAt = plain(at)
	return nil
}

func (t *tx) Seeded() ([]string, error) {
	return slices.Clone(t.st.seeded), t.readable()
}

func (t *tx) SetSeeded(names []string) error {
	if err := t.write(); err != nil {
		return err
	}
	t.st.seeded = slices.Clone(names)
	return nil
}

// ordered yields copies of the records of all() whose keys come after the given
// one, in the order of compare. It looks each one up as it comes to it, so that
// the transaction may write meanwhile.
func ordered[K comparable, V any](t *tx, all func() map[K]*V, compare func(x, y K) int, after K, clone func(*V) *V) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		var zero V
		if err := t.readable(); err != nil {
			yield(zero, err)
			return
		}
		for _, key := range slices.SortedFunc(maps.Keys(all()), compare) {
			if compare(key, after) <= 0 {
				continue
			}
			if err := t.readable(); err != nil {
				yield(zero, err)
				return
			}
			v, ok := all()[key]
			if ok && !yield(*clone(v), nil) {
				return
			}
		}
	}
}

func orderedByID[K cmp.Ordered, V any](t *tx, all func() map[K]*V, clone func(*V) *V) iter.Seq2[V, error] {
	var least K
	return ordered(t, all, cmp.Compare[K], least, clone)
}
