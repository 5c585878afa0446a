package bolt

import (
	"bytes"
	"encoding/binary"
	"iter"
	"math"
	"strings"

	"github.com/ollystack/control-plane/fleet"
)

func (t *tx) Config(id fleet.ConfigID) (c fleet.Config, err error) {
	err = t.guard(false, func() (err error) {
		c, err = t.config(id)
		return err
	})
	return c, err
}

// config is Config for callers inside guard.
func (t *tx) config(id fleet.ConfigID) (fleet.Config, error) {
	record, found, err := t.get(bucketConfigs, []byte(id))
	if err != nil {
		return fleet.Config{}, err
	}
	if !found {
		return fleet.Config{}, noConfig(id)
	}
	return configOf([]byte(id), record)
}

func configOf(key []byte, record string) (fleet.Config, error) {
	c := fleet.Config{ID: fleet.ConfigID(key)}
	if err := getConfig(record, &c); err != nil {
		return fleet.Config{}, damagedRecord(bucketConfigs, key, err)
	}
	return c, nil
}

func (t *tx) Configs() iter.Seq2[fleet.Config, error] {
	return scan(t, bucketConfigs, nil, all, configOf)
}

func (t *tx) PutConfig(c fleet.Config) error {
	return t.guard(true, func() error {
		if c.ID == "" || c.Name == "" {
			return fleet.Errorf(fleet.Invalid, "a config must have an id and a name")
		}
		if strings.ContainsRune(string(c.ID), 0) { // it ends the id in the keys of versions
			return fleet.Errorf(fleet.Invalid, "a config's id must not hold a zero byte")
		}
		if len(c.Name) > maxName || len(c.ID) > maxName {
			return fleet.Errorf(fleet.Invalid, "a config's id and name must be at most %d bytes long", maxName)
		}
		owner, err := t.configNamed(c.Name)
		if err != nil {
			return err
		}
		if owner != "" && owner != c.ID {
			return fleet.Errorf(fleet.Conflict, "the name %q is taken by config %s", c.Name, owner)
		}
		old, err := t.config(c.ID)
		switch {
		case err == nil && old.Name != c.Name:
			if err := t.delete(bucketConfigNames, []byte(old.Name)); err != nil {
				return err
			}
		case err != nil && fleet.KindOf(err) != fleet.NotFound:
			return err
		}
		err = t.put(t.bucket(bucketConfigNames), []byte(c.Name), func(b []byte) []byte { return putText(b, 1, c.ID) })
		if err != nil {
			return err
		}
		return t.put(t.bucket(bucketConfigs), []byte(c.ID), func(b []byte) []byte { return putConfig(b, c) })
	})
}

// configNamed returns the id of the config that has the name, empty if none has.
func (t *tx) configNamed(name string) (id fleet.ConfigID, err error) {
	record, _, err := t.get(bucketConfigNames, []byte(name))
	if err != nil {
		return "", err
	}
	err = decode(record, func(f *fields) {
		if f.field == 1 {
			id = fleet.ConfigID(f.text)
		}
	})
	return id, err
}

// maxName keeps keys, with what is added to them, within what bbolt takes.
const maxName = 16 << 10

func (t *tx) DeleteConfig(id fleet.ConfigID) error {
	return t.guard(true, func() error {
		c, err := t.config(id)
		if err != nil {
			return err
		}
		if err := t.delete(bucketConfigNames, []byte(c.Name)); err != nil {
			return err
		}
		versions, prefix := t.bucket(bucketVersions), versionPrefix(id)
		for {
			// From the start each time: bbolt's cursors do not survive writes.
			key, _ := versions.Cursor().Seek(prefix)
			if !bytes.HasPrefix(key, prefix) {
				break
			}
			if err := t.delete(bucketVersions, bytes.Clone(key)); err != nil {
				return err
			}
		}
		return t.delete(bucketConfigs, []byte(id))
	})
}

func (t *tx) Version(id fleet.ConfigID, number int) (v fleet.Version, err error) {
	err = t.guard(false, func() error {
		key := versionKey(id, number)
		record, found, err := t.get(bucketVersions, key)
		if err != nil {
			return err
		}
		if !found {
			return fleet.Errorf(fleet.NotFound, "config %s has no version %d", id, number)
		}
		v, err = versionOf(key, record)
		return err
	})
	return v, err
}

func (t *tx) Versions(id fleet.ConfigID) iter.Seq2[fleet.Version, error] {
	prefix := versionPrefix(id)
	return scan(t, bucketVersions, prefix, func(key []byte) bool { return bytes.HasPrefix(key, prefix) }, versionOf)
}

func (t *tx) PutVersion(v fleet.Version) error {
	return t.guard(true, func() error {
		if v.Number < 1 {
			return fleet.Errorf(fleet.Invalid, "a version's number must be at least 1, not %d", v.Number)
		}
		if _, err := t.config(v.ConfigID); err != nil {
			return err
		}
		versions, key := t.bucket(bucketVersions), versionKey(v.ConfigID, v.Number)
		if versions.Get(key) != nil {
			return fleet.Errorf(fleet.Conflict, "config %s has a version %d already", v.ConfigID, v.Number)
		}
		return t.put(versions, key, func(b []byte) []byte { return putVersion(b, v) })
	})
}

// versionPrefix begins the keys of a config's versions, which end with the
// number as 8 bytes, big endian.
func versionPrefix(id fleet.ConfigID) []byte { return append([]byte(id), 0) }

func versionKey(id fleet.ConfigID, number int) []byte {
	return binary.BigEndian.AppendUint64(versionPrefix(id), uint64(number))
}

func versionOf(key []byte, record string) (fleet.Version, error) {
	at := len(key) - 8 - 1
	if at < 1 || key[at] != 0 {
		return fleet.Version{}, errRecord
	}
	number := binary.BigEndian.Uint64(key[at+1:])
	if number > math.MaxInt {
		return fleet.Version{}, errRecord
	}
	v := fleet.Version{ConfigID: fleet.ConfigID(key[:at]), Number: int(number)}
	if err := getVersion(record, &v); err != nil {
		return fleet.Version{}, damagedRecord(bucketVersions, key, err)
	}
	return v, nil
}

func (t *tx) Tokens() iter.Seq2[fleet.Token, error] {
	return scan(t, bucketTokens, nil, all, func(key []byte, record string) (fleet.Token, error) {
		token := fleet.Token{ID: string(key)}
		return token, getToken(record, &token)
	})
}

func (t *tx) PutToken(token fleet.Token) error {
	return t.guard(true, func() error {
		if token.ID == "" {
			return fleet.Errorf(fleet.Invalid, "a token must have an id")
		}
		return t.put(t.bucket(bucketTokens), []byte(token.ID), func(b []byte) []byte { return putToken(b, token) })
	})
}

func (t *tx) DeleteToken(id string) error {
	return t.guard(true, func() error {
		tokens := t.bucket(bucketTokens)
		if id == "" || tokens.Get([]byte(id)) == nil {
			return fleet.Errorf(fleet.NotFound, "there is no token %s", id)
		}
		return t.delete(bucketTokens, []byte(id))
	})
}

func noConfig(id fleet.ConfigID) error {
	return fleet.Errorf(fleet.NotFound, "there is no config %s", id)
}
