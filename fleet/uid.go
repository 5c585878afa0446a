package fleet

import (
	"github.com/google/uuid"
)

// InstanceUID names one agent instance: 16 bytes, normally a UUID v7, printed
// as 36 lower-case characters. Source: OpAMP, AgentToServer.instance_uid.
type InstanceUID [16]byte

// NewInstanceUID makes a UUID v7. Errors: the system's source of randomness failed.
func NewInstanceUID() (InstanceUID, error) {
	u, err := uuid.NewV7()
	return InstanceUID(u), err
}

// ParseInstanceUID reads the printed form, with or without dashes. Errors: Invalid.
func ParseInstanceUID(s string) (InstanceUID, error) {
	if len(s) != 36 && len(s) != 32 {
		return InstanceUID{}, Errorf(Invalid, "%q is not an instance UID", s)
	}
	u, err := uuid.Parse(s)
	if err != nil {
		return InstanceUID{}, Errorf(Invalid, "%q is not an instance UID", s)
	}
	return InstanceUID(u), nil
}

// InstanceUIDFromBytes reads the wire form: 16 bytes, not all zero. Errors: Invalid.
func InstanceUIDFromBytes(b []byte) (InstanceUID, error) {
	if len(b) != len(InstanceUID{}) {
		return InstanceUID{}, Errorf(Invalid, "instance_uid must be 16 bytes long, not %d", len(b))
	}
	u := InstanceUID(b)
	if u.IsZero() {
		return InstanceUID{}, Errorf(Invalid, "instance_uid must not be all zero")
	}
	return u, nil
}

// IsZero reports whether u is unset.
func (u InstanceUID) IsZero() bool { return u == InstanceUID{} }

// String prints u in the canonical form of a UUID.
func (u InstanceUID) String() string { return uuid.UUID(u).String() }

// MarshalText prints u as String does.
func (u InstanceUID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what ParseInstanceUID reads. Errors: Invalid.
func (u *InstanceUID) UnmarshalText(b []byte) error {
	parsed, err := ParseInstanceUID(string(b))
	if err != nil {
		return err
	}
	*u = parsed
	return nil
}
