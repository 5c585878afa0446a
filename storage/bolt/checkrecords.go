package bolt

import (
	"encoding/binary"

	"github.com/ollystack/control-plane/fleet"
)

// records reads every record, which compares its checksum and decodes it, and
// holds against each other what records say of each other. A record that cannot
// be read ends its own bucket's part only.
func (c *checker) records() {
	if c.stats.Schema != uint64(len(migrations())) {
		return // what older records say is for the migration to know
	}
	configs := c.configs()
	c.names(configs)
	versions := c.versions(configs)
	named := c.agents(configs, versions)
	c.bodies(named)
	if _, err := c.t.Seeded(); err != nil {
		c.damage(err)
	}
	for _, err := range c.t.Tokens() {
		if err != nil {
			c.damage(err)
		}
	}
	for _, err := range c.t.Samples() {
		if err != nil {
			c.damage(err)
		}
	}
}

func (c *checker) configs() map[fleet.ConfigID]fleet.Config {
	configs := map[fleet.ConfigID]fleet.Config{}
	for config, err := range c.t.Configs() {
		if err != nil {
			c.damage(err)
			break
		}
		configs[config.ID] = config
	}
	return configs
}

// names holds the index of names against the configurations, both ways.
func (c *checker) names(configs map[fleet.ConfigID]fleet.Config) {
	for _, config := range configs {
		switch id, err := c.t.configNamed(config.Name); {
		case err != nil:
			c.damage(err)
		case id != config.ID:
			c.problem("the configuration %s is called %q, and the index of names has %q for that", config.ID, config.Name, id)
		}
	}
	if indexed := c.t.bucket(bucketConfigNames).Stats().KeyN; indexed != len(configs) {
		c.problem("the index has %d names for %d configurations", indexed, len(configs))
	}
}

// versionOfConfig names a version.
type versionOfConfig struct {
	id     fleet.ConfigID
	number int
}

func (c *checker) versions(configs map[fleet.ConfigID]fleet.Config) map[versionOfConfig]bool {
	versions := map[versionOfConfig]bool{}
	for v, err := range scan(c.t, bucketVersions, nil, all, versionOf) {
		if err != nil {
			c.damage(err)
			return versions
		}
		versions[versionOfConfig{v.ConfigID, v.Number}] = true
		if _, ok := configs[v.ConfigID]; !ok {
			c.problem("version %d belongs to the configuration %s, which is not there", v.Number, v.ConfigID)
		}
	}
	for _, config := range configs {
		if !versions[versionOfConfig{config.ID, config.Version}] {
			c.problem("the configuration %q is at version %d, which is not there", config.Name, config.Version)
		}
	}
	return versions
}

// agents returns how many agents name each body.
func (c *checker) agents(configs map[fleet.ConfigID]fleet.Config, versions map[versionOfConfig]bool) map[bodyKey]int64 {
	named := map[bodyKey]int64{}
	for a, err := range c.t.Agents(fleet.InstanceUID{}) {
		if err != nil {
			c.damage(err)
			break
		}
		named[bodyKey{effectiveConfigBody, a.EffectiveConfig}]++
		named[bodyKey{componentsBody, a.Components}]++
		as := a.Assignment
		if _, ok := configs[as.ConfigID]; ok && as.Version != 0 && !versions[versionOfConfig{as.ConfigID, as.Version}] {
			c.problem("the agent %s is assigned version %d of the configuration %s, which is not there", a.UID, as.Version, as.ConfigID)
		}
	}
	delete(named, bodyKey{kind: effectiveConfigBody}) // no hash names nothing
	delete(named, bodyKey{kind: componentsBody})
	return named
}

// bodies holds the counts against the agents, and the numbers against the bodies.
func (c *checker) bodies(named map[bodyKey]int64) {
	numbers := map[uint64]bool{}
	for k, err := range scan(c.t, bucketBodyRefs, nil, all, refOf) {
		if err != nil {
			c.damage(err)
			return
		}
		ref, _, err := c.t.bodyRef(k)
		switch {
		case err != nil:
			c.damage(err)
			continue
		case ref.agents != named[k]:
			c.problem("%d agents name %s, and %d are counted", named[k], k, ref.agents)
		case numbers[ref.number]:
			c.problem("%s has a body that is another's", k)
		}
		delete(named, k)
		numbers[ref.number] = true
		if err := c.body(k); err != nil {
			c.damage(err)
		}
	}
	for k := range named {
		c.problem("an agent names %s, which is not there", k)
	}
	cursor := c.t.bucket(bucketBodies).Cursor()
	for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
		if len(key) != 8 || !numbers[binary.BigEndian.Uint64(key)] {
			c.problem("the body %x is nobody's", key)
		}
	}
}

func refOf(key []byte, _ string) (bodyKey, error) {
	k := bodyKey{bodyKind(key[0]), fleet.ConfigHash(key[1:])}
	if k.kind != effectiveConfigBody && k.kind != componentsBody || k.hash == "" {
		return bodyKey{}, errRecord
	}
	return k, nil
}

// body reads one.
func (c *checker) body(k bodyKey) (err error) {
	if k.kind == componentsBody {
		_, err = c.t.Components(k.hash)
	} else {
		_, err = c.t.EffectiveConfig(k.hash)
	}
	return err
}
