package fleet

// What an agent says of itself stays in memory for as long as it is known, and
// longer where it is in an event; so it is bounded. Bodies and trees are not:
// they go to the store.
const (
	// maxDescriptionSize bounds the keys and values of an agent's description together, in bytes.
	maxDescriptionSize = 256 << 10
	// maxHashSize bounds a hash that an agent names, in bytes.
	maxHashSize = 1 << 10
	// maxStatusSize bounds the status at the root of an agent's health, in bytes.
	maxStatusSize = 4 << 10
)

// check holds r against the limits. Errors: Invalid.
func (r *Report) check() error {
	if d := r.Description; d != nil {
		if n := d.Identifying.size() + d.NonIdentifying.size(); n > maxDescriptionSize {
			return Errorf(Invalid, "agent_description has %d bytes of attributes, more than the %d that are taken", n, maxDescriptionSize)
		}
	}
	if s := r.RemoteConfigStatus; s != nil && len(s.LastHash) > maxHashSize {
		return Errorf(Invalid, "last_remote_config_hash has %d bytes, more than the %d that are taken", len(s.LastHash), maxHashSize)
	}
	if n := len(r.ComponentsHash); n > maxHashSize {
		return Errorf(Invalid, "the hash of available_components has %d bytes, more than the %d that are taken", n, maxHashSize)
	}
	if h := r.Health; h != nil && len(h.Status) > maxStatusSize {
		return Errorf(Invalid, "the status of health has %d bytes, more than the %d that are taken", len(h.Status), maxStatusSize)
	}
	return nil
}

// size is how many bytes the keys and values have together.
func (a Attributes) size() int {
	n := 0
	for _, kv := range a {
		n += len(kv.Key) + len(kv.Value)
	}
	return n
}
