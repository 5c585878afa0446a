package mem

import (
	"iter"

	"github.com/ollystack/control-plane/fleet"
)

func (t *tx) Config(id fleet.ConfigID) (fleet.Config, error) {
	if err := t.readable(); err != nil {
		return fleet.Config{}, err
	}
	c, ok := t.st.configs[id]
	if !ok {
		return fleet.Config{}, noConfig(id)
	}
	return *cloneConfig(c), nil
}

func (t *tx) Configs() iter.Seq2[fleet.Config, error] {
	return orderedByID(t, func() map[fleet.ConfigID]*fleet.Config { return t.st.configs }, cloneConfig)
}

func (t *tx) PutConfig(c fleet.Config) error {
	if err := t.write(); err != nil {
		return err
	}
	if c.ID == "" || c.Name == "" {
		return fleet.Errorf(fleet.Invalid, "a config must have an id and a name")
	}
	for _, other := range t.st.configs {
		if other.Name == c.Name && other.ID != c.ID {
			return fleet.Errorf(fleet.Conflict, "the name %q is taken by config %s", c.Name, other.ID)
		}
	}
	t.st.configs[c.ID] = cloneConfig(&c)
	return nil
}

func (t *tx) DeleteConfig(id fleet.ConfigID) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.st.configs[id]; !ok {
		return noConfig(id)
	}
	delete(t.st.configs, id)
	delete(t.st.versions, id)
	return nil
}

func (t *tx) Version(id fleet.ConfigID, number int) (fleet.Version, error) {
	if err := t.readable(); err != nil {
		return fleet.Version{}, err
	}
	v, ok := t.st.versions[id][number]
	if !ok {
		return fleet.Version{}, fleet.Errorf(fleet.NotFound, "config %s has no version %d", id, number)
	}
	return *cloneVersion(v), nil
}

func (t *tx) Versions(id fleet.ConfigID) iter.Seq2[fleet.Version, error] {
	return orderedByID(t, func() map[int]*fleet.Version { return t.st.versions[id] }, cloneVersion)
}

func (t *tx) PutVersion(v fleet.Version) error {
	if err := t.write(); err != nil {
		return err
	}
	if v.Number < 1 {
		return fleet.Errorf(fleet.Invalid, "a version's number must be at least 1, not %d", v.Number)
	}
	if _, ok := t.st.configs[v.ConfigID]; !ok {
		return noConfig(v.ConfigID)
	}
	if _, taken := t.st.versions[v.ConfigID][v.Number]; taken {
		return fleet.Errorf(fleet.Conflict, "config %s has a version %d already", v.ConfigID, v.Number)
	}
	if t.st.versions[v.ConfigID] == nil {
		t.st.versions[v.ConfigID] = map[int]*fleet.Version{}
	}
	t.st.versions[v.ConfigID][v.Number] = cloneVersion(&v)
	return nil
}

func (t *tx) Tokens() iter.Seq2[fleet.Token, error] {
	return orderedByID(t, func() map[string]*fleet.Token { return t.st.tokens }, cloneToken)
}

func (t *tx) PutToken(token fleet.Token) error {
	if err := t.write(); err != nil {
		return err
	}
	if token.ID == "" {
		return fleet.Errorf(fleet.Invalid, "a token must have an id")
	}
	t.st.tokens[token.ID] = cloneToken(&token)
	return nil
}

func (t *tx) DeleteToken(id string) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := t.st.tokens[id]; !ok {
		return fleet.Errorf(fleet.NotFound, "there is no token %s", id)
	}
	delete(t.st.tokens, id)
	return nil
}

func noConfig(id fleet.ConfigID) error {
	return fleet.Errorf(fleet.NotFound, "there is no config %s", id)
}
