package bolt

import (
	"iter"

	"github.com/ollystack/control-plane/fleet"
)

func (t *tx) Agent(uid fleet.InstanceUID) (a fleet.Agent, err error) {
	err = t.guard(false, func() error {
		record, found, err := t.get(bucketAgents, uid[:])
		if err != nil {
			return err
		}
		if !found {
			return noAgent(uid)
		}
		a, err = agentOf(uid[:], record)
		return err
	})
	return a, err
}

func (t *tx) Agents(after fleet.InstanceUID) iter.Seq2[fleet.Agent, error] {
	return scan(t, bucketAgents, after[:], all, agentOf)
}

func agentOf(key []byte, record string) (a fleet.Agent, err error) {
	if len(key) != len(a.UID) {
		return fleet.Agent{}, errRecord
	}
	a.UID = fleet.InstanceUID(key)
	if err := getAgent(record, &a); err != nil {
		return fleet.Agent{}, damagedRecord(bucketAgents, key, err)
	}
	return a, nil
}

func (t *tx) PutAgent(a fleet.Agent) error {
	return t.guard(true, func() error {
		if a.UID.IsZero() {
			return fleet.Errorf(fleet.Invalid, "an agent must have an instance UID")
		}
		names := [2]bodyKey{{effectiveConfigBody, a.EffectiveConfig}, {componentsBody, a.Components}}
		named, err := t.bodiesOf(a.UID)
		if err != nil {
			return err
		}
		for i := range names {
			if names[i].hash == named[i].hash {
				continue // it exists, as an agent names it
			}
			if exists, err := t.hasBody(names[i]); err != nil {
				return err
			} else if !exists && names[i].hash != "" {
				return fleet.Errorf(fleet.Invalid, "agent %s names %s, which is not stored", a.UID, names[i])
			}
		}
		if err := t.put(t.bucket(bucketAgents), a.UID[:], func(b []byte) []byte { return putAgent(b, &a) }); err != nil {
			return err
		}
		for i := range names {
			if names[i].hash != named[i].hash {
				t.count(names[i], +1)
				t.count(named[i], -1)
			}
		}
		return nil
	})
}

func (t *tx) DeleteAgent(uid fleet.InstanceUID) error {
	return t.guard(true, func() error {
		if t.bucket(bucketAgents).Get(uid[:]) == nil {
			return noAgent(uid)
		}
		named, err := t.bodiesOf(uid)
		if err != nil {
			return err
		}
		if err := t.delete(bucketAgents, uid[:]); err != nil {
			return err
		}
		t.count(named[0], -1)
		t.count(named[1], -1)
		return nil
	})
}

// bodiesOf returns the bodies that the stored record of an agent names, with
// empty hashes where it names none or there is no record.
func (t *tx) bodiesOf(uid fleet.InstanceUID) (named [2]bodyKey, err error) {
	record, found, err := t.get(bucketAgents, uid[:])
	if err != nil || !found {
		return named, err
	}
	if named, err = getAgentBodies(record); err != nil {
		return named, damagedRecord(bucketAgents, uid[:], err)
	}
	return named, nil
}

func noAgent(uid fleet.InstanceUID) error {
	return fleet.Errorf(fleet.NotFound, "there is no agent %s", uid)
}
