package rediscache

import (
	"fmt"
	"iter"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// recordingTx notes the keys of the records that a transaction changes, also of
// those that the store changes on its own: bodies that lose their last agent,
// the versions of a deleted config. It does not embed the Tx, so that a method
// that the interface gains has to be thought about here.
type recordingTx struct {
	inner   fleet.Tx
	touched map[key]struct{}
}

var _ fleet.Tx = (*recordingTx)(nil)

func (t *recordingTx) touch(k key) { t.touched[k] = struct{}{} }

func (t *recordingTx) touchBodies(a *fleet.Agent) {
	if a.EffectiveConfig != "" {
		t.touch(effectiveConfigKey(a.EffectiveConfig))
	}
	if a.Components != "" {
		t.touch(componentsKey(a.Components))
	}
}

func (t *recordingTx) PutAgent(a fleet.Agent) error {
	old, err := t.inner.Agent(a.UID)
	if err != nil && fleet.KindOf(err) != fleet.NotFound {
		return fmt.Errorf("look up what agent %s named: %w", a.UID, err)
	}
	// A body is dropped at the commit if this was the last agent to name it.
	if old.EffectiveConfig == a.EffectiveConfig {
		old.EffectiveConfig = ""
	}
	if old.Components == a.Components {
		old.Components = ""
	}
	t.touchBodies(&old)
	t.touch(agentKey(a.UID))
	return t.inner.PutAgent(a)
}

func (t *recordingTx) DeleteAgent(uid fleet.InstanceUID) error {
	old, err := t.inner.Agent(uid)
	if err != nil {
		return err
	}
	t.touchBodies(&old)
	t.touch(agentKey(uid))
	return t.inner.DeleteAgent(uid)
}

func (t *recordingTx) PutEffectiveConfig(c fleet.EffectiveConfig) error {
	t.touch(effectiveConfigKey(c.Hash))
	return t.inner.PutEffectiveConfig(c)
}

func (t *recordingTx) PutComponents(hash fleet.ConfigHash, c fleet.Components) error {
	t.touch(componentsKey(hash))
	return t.inner.PutComponents(hash, c)
}

func (t *recordingTx) PutConfig(c fleet.Config) error {
	t.touch(configKey(c.ID))
	return t.inner.PutConfig(c)
}

func (t *recordingTx) DeleteConfig(id fleet.ConfigID) error {
	for v, err := range t.inner.Versions(id) {
		if err != nil {
			return err
		}
		t.touch(versionKey(id, v.Number))
	}
	t.touch(configKey(id))
	return t.inner.DeleteConfig(id)
}

func (t *recordingTx) PutVersion(v fleet.Version) error {
	t.touch(versionKey(v.ConfigID, v.Number))
	return t.inner.PutVersion(v)
}

// Tokens, the history, the time of the last stop and the names of what was seeded never go to Redis.

func (t *recordingTx) PutToken(tk fleet.Token) error           { return t.inner.PutToken(tk) }
func (t *recordingTx) DeleteToken(id string) error             { return t.inner.DeleteToken(id) }
func (t *recordingTx) Tokens() iter.Seq2[fleet.Token, error]   { return t.inner.Tokens() }
func (t *recordingTx) PutSample(s fleet.Sample) error          { return t.inner.PutSample(s) }
func (t *recordingTx) DeleteSample(at time.Time) error         { return t.inner.DeleteSample(at) }
func (t *recordingTx) Samples() iter.Seq2[fleet.Sample, error] { return t.inner.Samples() }
func (t *recordingTx) StoppedAt() (time.Time, error)           { return t.inner.StoppedAt() }
func (t *recordingTx) SetStoppedAt(at time.Time) error         { return t.inner.SetStoppedAt(at) }
func (t *recordingTx) Seeded() ([]string, error)               { return t.inner.Seeded() }
func (t *recordingTx) SetSeeded(names []string) error          { return t.inner.SetSeeded(names) }

// What only reads is the store's own.

func (t *recordingTx) Agent(uid fleet.InstanceUID) (fleet.Agent, error) { return t.inner.Agent(uid) }

func (t *recordingTx) Agents(after fleet.InstanceUID) iter.Seq2[fleet.Agent, error] {
	return t.inner.Agents(after)
}

func (t *recordingTx) EffectiveConfig(hash fleet.ConfigHash) (fleet.EffectiveConfig, error) {
	return t.inner.EffectiveConfig(hash)
}

func (t *recordingTx) Components(hash fleet.ConfigHash) (fleet.Components, error) {
	return t.inner.Components(hash)
}

func (t *recordingTx) Config(id fleet.ConfigID) (fleet.Config, error) { return t.inner.Config(id) }

func (t *recordingTx) Configs() iter.Seq2[fleet.Config, error] { return t.inner.Configs() }

func (t *recordingTx) Version(id fleet.ConfigID, n int) (fleet.Version, error) {
	return t.inner.Version(id, n)
}

func (t *recordingTx) Versions(id fleet.ConfigID) iter.Seq2[fleet.Version, error] {
	return t.inner.Versions(id)
}
