package mem

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// The clones below share no memory with what they copy. What is empty becomes
// nil and times lose their place and their monotonic reading, as on disk.

func cloneAgent(a *fleet.Agent) *fleet.Agent {
	c := *a
	c.Labels = cloneMap(a.Labels)
	c.Description.Identifying = cloneSlice(a.Description.Identifying)
	c.Description.NonIdentifying = cloneSlice(a.Description.NonIdentifying)
	if a.Health != nil {
		h := cloneHealth(*a.Health)
		c.Health = &h
	}
	c.Outcomes = cloneSlice(a.Outcomes)
	for i := range c.Outcomes {
		c.Outcomes[i].At = plain(c.Outcomes[i].At)
	}
	c.FirstSeenAt = plain(a.FirstSeenAt)
	c.ConnectedAt = plain(a.ConnectedAt)
	c.LastSeenAt = plain(a.LastSeenAt)
	c.ConfigChangedAt = plain(a.ConfigChangedAt)
	return &c
}

func cloneHealth(h fleet.Health) fleet.Health {
	h.StartedAt, h.StatusAt = plain(h.StartedAt), plain(h.StatusAt)
	h.Components = cloneMap(h.Components)
	for name, below := range h.Components {
		h.Components[name] = cloneHealth(below)
	}
	return h
}

func cloneEffectiveConfig(e *fleet.EffectiveConfig) *fleet.EffectiveConfig {
	c := *e
	c.Files = cloneMap(e.Files)
	for name, file := range c.Files {
		file.Body = bytes.Clone(file.Body)
		c.Files[name] = file
	}
	return &c
}

func cloneComponents(c fleet.Components) fleet.Components {
	c = cloneMap(c)
	for kind, ids := range c {
		c[kind] = cloneSlice(ids)
	}
	return c
}

func cloneConfig(c *fleet.Config) *fleet.Config {
	d := *c
	d.Labels = cloneMap(c.Labels)
	d.CreatedAt, d.UpdatedAt = plain(c.CreatedAt), plain(c.UpdatedAt)
	return &d
}

func cloneVersion(v *fleet.Version) *fleet.Version {
	w := *v
	w.Body = bytes.Clone(v.Body)
	w.CreatedAt = plain(v.CreatedAt)
	return &w
}

func cloneToken(t *fleet.Token) *fleet.Token {
	c := *t
	c.CreatedAt = plain(t.CreatedAt)
	return &c
}

func cloneSample(s *fleet.Sample) *fleet.Sample {
	c := *s
	c.At = plain(s.At)
	return &c
}

func cloneMap[M ~map[K]V, K comparable, V any](m M) M {
	if len(m) == 0 {
		return nil
	}
	return maps.Clone(m)
}

func cloneSlice[S ~[]E, E any](s S) S {
	if len(s) == 0 {
		return nil
	}
	return slices.Clone(s)
}

func plain(t time.Time) time.Time { return t.Round(0).UTC() }
