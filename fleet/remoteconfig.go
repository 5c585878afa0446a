package fleet

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// ConfigHash names the contents of a configuration: the hash's raw bytes, kept
// in a string so that it can be compared and be a key. Ours are SHA-256; what
// an agent reports may have any length. Empty means none. Printed in hex.
// Source: OpAMP, AgentRemoteConfig.config_hash.
type ConfigHash string

// String prints h in lower-case hex.
func (h ConfigHash) String() string { return hex.EncodeToString([]byte(h)) }

// MarshalText prints h as String does.
func (h ConfigHash) MarshalText() ([]byte, error) {
	return hex.AppendEncode(nil, []byte(h)), nil
}

// UnmarshalText reads hex. Errors: Invalid.
func (h *ConfigHash) UnmarshalText(b []byte) error {
	raw, err := hex.DecodeString(string(b))
	if err != nil {
		return &Error{Kind: Invalid, Msg: "a config hash is written in hex", Err: err}
	}
	*h = ConfigHash(raw)
	return nil
}

// ConfigFile is one file of a ConfigMap. Source: OpAMP, AgentConfigFile.
type ConfigFile struct {
	Body        []byte `json:"body"`
	ContentType string `json:"content_type"`
}

// ConfigMap is a configuration as a set of named files; a single file may be
// named "". Source: OpAMP, AgentConfigMap.
type ConfigMap map[string]ConfigFile

// Hash computes the SHA-256 over name, body and content type of every file, in
// the order of their names and each prefixed by its length (8 bytes, big
// endian), so that equal maps and only those have equal hashes.
func (m ConfigMap) Hash() ConfigHash {
	h := sha256.New()
	var size [8]byte
	put := func(b []byte) {
		binary.BigEndian.PutUint64(size[:], uint64(len(b)))
		h.Write(size[:])
		h.Write(b)
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		put([]byte(name))
		put(m[name].Body)
		put([]byte(m[name].ContentType))
	}
	return ConfigHash(h.Sum(nil))
}

// RemoteConfig is what an agent is offered. Source: OpAMP, AgentRemoteConfig.
type RemoteConfig struct {
	Files ConfigMap
	Hash  ConfigHash // Files.Hash()
}

// NewRemoteConfig makes the offer for a collector configuration: the body, byte
// for byte, as the one file "" of type text/yaml.
func NewRemoteConfig(body []byte) RemoteConfig {
	files := ConfigMap{"": {Body: body, ContentType: "text/yaml"}}
	return RemoteConfig{Files: files, Hash: files.Hash()}
}

// RemoteConfigState is an agent's word on the configuration it last received.
// The numbers are the protocol's. Source: OpAMP, RemoteConfigStatuses.
type RemoteConfigState uint8

// The states, as on the wire.
const (
	RemoteConfigUnset    RemoteConfigState = 0
	RemoteConfigApplied  RemoteConfigState = 1
	RemoteConfigApplying RemoteConfigState = 2
	RemoteConfigFailed   RemoteConfigState = 3
)

// RemoteConfigStatus is what an agent reports of the configuration it last
// received. Source: OpAMP, RemoteConfigStatus.
type RemoteConfigStatus struct {
	LastHash ConfigHash        `json:"last_hash,omitempty"`
	State    RemoteConfigState `json:"state,omitempty"`
	Error    string            `json:"error,omitempty"`
}

// EffectiveConfig is what an agent says it runs, with values that look like
// credentials replaced before anything is stored.
type EffectiveConfig struct {
	Hash  ConfigHash // of Files, as they are here
	Files ConfigMap
	// Redacted is set where a value was replaced.
	Redacted bool
}

// Components are the component types that an agent has on board: by kind
// ("receivers", "exporters", ...), each a sorted list. Source: OpAMP,
// AvailableComponents.
type Components map[string][]string

// Hash names the contents, as ConfigMap.Hash does for files.
func (c Components) Hash() ConfigHash {
	h := sha256.New()
	var size [8]byte
	put := func(s string) {
		binary.BigEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	for _, kind := range slices.Sorted(maps.Keys(c)) {
		put(kind)
		binary.BigEndian.PutUint64(size[:], uint64(len(c[kind])))
		h.Write(size[:])
		for _, id := range c[kind] {
			put(id)
		}
	}
	return ConfigHash(h.Sum(nil))
}
