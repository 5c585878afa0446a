package fleet

import (
	"time"

	"github.com/google/uuid"
)

// ConfigID names a configuration: a UUID v7 in its canonical form.
type ConfigID string

func newConfigID() (ConfigID, error) {
	u, err := uuid.NewV7()
	return ConfigID(u.String()), err
}

// Config is a collector configuration under management, without its body.
type Config struct {
	ID          ConfigID          `json:"id"`
	Name        string            `json:"name"` // unique; see CheckName
	Description string            `json:"description,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"` // may be nil
	// Selector takes agents, in Kubernetes' syntax; empty takes none.
	Selector string `json:"selector,omitempty"`
	// Priority decides between selectors: the highest wins, ties go by name.
	Priority int `json:"priority,omitempty"`
	// Version and Hash are those of the newest version.
	Version int        `json:"version"`
	Hash    ConfigHash `json:"hash"`
	// Revision counts the operator's writes.
	Revision  uint64    `json:"revision"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Version is one state of a Config's body. It never changes.
type Version struct {
	ConfigID  ConfigID   `json:"config_id"`
	Number    int        `json:"number"` // from 1
	Body      []byte     `json:"body"`
	Hash      ConfigHash `json:"hash"` // NewRemoteConfig(Body).Hash
	CreatedAt time.Time  `json:"created_at"`
}
