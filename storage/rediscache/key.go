package rediscache

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/ollystack/control-plane/fleet"
)

// kind is the sort of record that a key names.
type kind uint8

const (
	agentKind kind = iota
	configKind
	versionKind
	effectiveConfigKind
	componentsKind
)

// kindNames begin the keys in Redis: they are part of what docs/redis.md promises.
var kindNames = [...]string{"agent", "config", "version", "effective-config", "components"}

// key names one record of the store.
type key struct {
	kind   kind
	id     string // the UID's 16 bytes, the config's id, or the raw hash of a body
	number int    // of a version, else 0
}

func agentKey(uid fleet.InstanceUID) key { return key{kind: agentKind, id: string(uid[:])} }
func configKey(id fleet.ConfigID) key    { return key{kind: configKind, id: string(id)} }
func versionKey(id fleet.ConfigID, n int) key {
	return key{kind: versionKind, id: string(id), number: n}
}

func effectiveConfigKey(h fleet.ConfigHash) key { return key{kind: effectiveConfigKind, id: string(h)} }
func componentsKey(h fleet.ConfigHash) key      { return key{kind: componentsKind, id: string(h)} }

func (k key) uid() fleet.InstanceUID     { return fleet.InstanceUID([]byte(k.id)) }
func (k key) configID() fleet.ConfigID   { return fleet.ConfigID(k.id) }
func (k key) bodyHash() fleet.ConfigHash { return fleet.ConfigHash(k.id) }
func (k key) named(prefix string) string { return prefix + k.String() }

// String prints k as it is in Redis, without the prefix.
func (k key) String() string {
	name := kindNames[k.kind] + ":"
	switch k.kind {
	case agentKind:
		return name + k.uid().String()
	case configKind:
		return name + k.id
	case versionKind:
		return name + k.id + ":" + strconv.Itoa(k.number)
	default:
		return name + hex.EncodeToString([]byte(k.id))
	}
}

// parseKey reads what String prints, and nothing else: a key that somebody else
// put under our prefix is left alone.
func parseKey(s string) (key, bool) {
	name, id, found := strings.Cut(s, ":")
	if !found || id == "" {
		return key{}, false
	}
	var k key
	switch name {
	case kindNames[agentKind]:
		uid, err := fleet.ParseInstanceUID(id)
		if err != nil {
			return key{}, false
		}
		k = agentKey(uid)
	case kindNames[configKind]:
		k = configKey(fleet.ConfigID(id))
	case kindNames[versionKind]:
		colon := strings.LastIndexByte(id, ':')
		if colon <= 0 {
			return key{}, false
		}
		n, err := strconv.Atoi(id[colon+1:])
		if err != nil {
			return key{}, false
		}
		k = versionKey(fleet.ConfigID(id[:colon]), n)
	case kindNames[effectiveConfigKind], kindNames[componentsKind]:
		raw, err := hex.DecodeString(id)
		if err != nil {
			return key{}, false
		}
		k = key{kind: effectiveConfigKind, id: string(raw)}
		if name == kindNames[componentsKind] {
			k.kind = componentsKind
		}
	}
	return k, k.id != "" && k.String() == s
}
