package storagetest

import (
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// content is all that a store holds.
type content struct {
	Agents     []fleet.Agent
	Effective  map[fleet.ConfigHash]fleet.EffectiveConfig
	Components map[fleet.ConfigHash]fleet.Components
	Configs    []fleet.Config
	Versions   []fleet.Version
	Tokens     []fleet.Token
	Samples    []fleet.Sample
	StoppedAt  time.Time
	Seeded     []string
}

// dump reads all that s holds.
func dump(f *fixture, s fleet.Store) content {
	f.Helper()
	c := content{
		Effective:  map[fleet.ConfigHash]fleet.EffectiveConfig{},
		Components: map[fleet.ConfigHash]fleet.Components{},
	}
	f.view(s, func(tx fleet.Tx) (err error) {
		if c.Agents, err = collect(tx.Agents(fleet.InstanceUID{})); err != nil {
			return err
		}
		for _, a := range c.Agents {
			if h := a.EffectiveConfig; h != "" {
				if c.Effective[h], err = tx.EffectiveConfig(h); err != nil {
					return err
				}
			}
			if h := a.Components; h != "" {
				if c.Components[h], err = tx.Components(h); err != nil {
					return err
				}
			}
		}
		if c.Configs, err = collect(tx.Configs()); err != nil {
			return err
		}
		for _, config := range c.Configs {
			versions, err := collect(tx.Versions(config.ID))
			if err != nil {
				return err
			}
			c.Versions = append(c.Versions, versions...)
		}
		if c.Tokens, err = collect(tx.Tokens()); err != nil {
			return err
		}
		if c.Samples, err = collect(tx.Samples()); err != nil {
			return err
		}
		if c.StoppedAt, err = tx.StoppedAt(); err != nil {
			return err
		}
		c.Seeded, err = tx.Seeded()
		return err
	})
	return c
}

// populate writes something of everything into an empty store, and returns it.
func populate(f *fixture, s fleet.Store) content {
	f.Helper()
	a := *fill(&fleet.Agent{})
	a.UID = uid(1)
	effective := *fill(&fleet.EffectiveConfig{})
	effective.Hash = a.EffectiveConfig
	components := *fill(&fleet.Components{})
	config := *fill(&fleet.Config{})
	version := *fill(&fleet.Version{})
	version.ConfigID, version.Number = config.ID, 1
	token := *fill(&fleet.Token{})
	sample := *fill(&fleet.Sample{})
	f.update(s, func(tx fleet.Tx) error {
		return firstError(
			tx.PutEffectiveConfig(effective),
			tx.PutComponents(a.Components, components),
			tx.PutAgent(a),
			tx.PutConfig(config),
			tx.PutVersion(version),
			tx.PutToken(token),
			tx.PutSample(sample),
			tx.SetStoppedAt(moment),
			tx.SetSeeded([]string{"gateway", "agent"}),
		)
	})
	return content{
		Agents:     []fleet.Agent{a},
		Effective:  map[fleet.ConfigHash]fleet.EffectiveConfig{a.EffectiveConfig: effective},
		Components: map[fleet.ConfigHash]fleet.Components{a.Components: components},
		Configs:    []fleet.Config{config},
		Versions:   []fleet.Version{version},
		Tokens:     []fleet.Token{token},
		Samples:    []fleet.Sample{sample},
		StoppedAt:  moment,
		Seeded:     []string{"gateway", "agent"},
	}
}

// ravage changes and deletes what populate wrote, and adds more.
func ravage(f *fixture, tx fleet.Tx) {
	f.Helper()
	err := firstError(
		tx.PutEffectiveConfig(fleet.EffectiveConfig{Hash: "new"}),
		tx.PutAgent(fleet.Agent{UID: uid(1), EffectiveConfig: "new"}),
		tx.PutAgent(agent(2)),
		tx.DeleteAgent(uid(2)),
		tx.PutAgent(agent(3)),
		tx.SetStoppedAt(time.Time{}),
		tx.SetSeeded([]string{"gateway"}),
	)
	if err != nil {
		f.Errorf("writing = %v, want nil", err)
	}
	for c, err := range tx.Configs() {
		if err := firstError(err, tx.DeleteConfig(c.ID)); err != nil {
			f.Errorf("DeleteConfig() = %v, want nil", err)
		}
	}
	for token, err := range tx.Tokens() {
		if err := firstError(err, tx.DeleteToken(token.ID)); err != nil {
			f.Errorf("DeleteToken() = %v, want nil", err)
		}
	}
	for sample, err := range tx.Samples() {
		later := fleet.Sample{At: sample.At.Add(time.Nanosecond)}
		if err := firstError(err, tx.DeleteSample(sample.At), tx.PutSample(later)); err != nil {
			f.Errorf("replacing a sample = %v, want nil", err)
		}
		break
	}
	if err := tx.PutConfig(fleet.Config{ID: "new", Name: "new"}); err != nil {
		f.Errorf("PutConfig() = %v, want nil", err)
	}
}

// writes are calls of every method that writes.
func writes(tx fleet.Tx) map[string]func() error {
	return map[string]func() error{
		"PutAgent":           func() error { return tx.PutAgent(agent(1)) },
		"DeleteAgent":        func() error { return tx.DeleteAgent(uid(1)) },
		"PutEffectiveConfig": func() error { return tx.PutEffectiveConfig(fleet.EffectiveConfig{Hash: "h"}) },
		"PutComponents":      func() error { return tx.PutComponents("h", nil) },
		"PutConfig":          func() error { return tx.PutConfig(fleet.Config{ID: "c", Name: "c"}) },
		"DeleteConfig":       func() error { return tx.DeleteConfig("c") },
		"PutVersion":         func() error { return tx.PutVersion(fleet.Version{ConfigID: "c", Number: 1}) },
		"PutToken":           func() error { return tx.PutToken(fleet.Token{ID: "t"}) },
		"DeleteToken":        func() error { return tx.DeleteToken("t") },
		"PutSample":          func() error { return tx.PutSample(fleet.Sample{At: moment}) },
		"DeleteSample":       func() error { return tx.DeleteSample(moment) },
		"SetStoppedAt":       func() error { return tx.SetStoppedAt(moment) },
		"SetSeeded":          func() error { return tx.SetSeeded([]string{"n"}) },
	}
}

// reads are calls of every method that reads.
func reads(tx fleet.Tx) map[string]func() error {
	return map[string]func() error{
		"Agent":           func() error { _, err := tx.Agent(uid(1)); return err },
		"Agents":          func() error { _, err := collect(tx.Agents(fleet.InstanceUID{})); return err },
		"EffectiveConfig": func() error { _, err := tx.EffectiveConfig("h"); return err },
		"Components":      func() error { _, err := tx.Components("h"); return err },
		"Config":          func() error { _, err := tx.Config("c"); return err },
		"Configs":         func() error { _, err := collect(tx.Configs()); return err },
		"Version":         func() error { _, err := tx.Version("c", 1); return err },
		"Versions":        func() error { _, err := collect(tx.Versions("c")); return err },
		"Tokens":          func() error { _, err := collect(tx.Tokens()); return err },
		"Samples":         func() error { _, err := collect(tx.Samples()); return err },
		"StoppedAt":       func() error { _, err := tx.StoppedAt(); return err },
		"Seeded":          func() error { _, err := tx.Seeded(); return err },
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
