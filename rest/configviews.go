package rest

import (
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// config is a configuration as the API shows it. Body is left out in lists, Agents in events.
type config struct {
	ID          fleet.ConfigID    `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Body        *string           `json:"config,omitempty"`
	Labels      map[string]string `json:"labels"`
	Selector    string            `json:"selector"`
	Priority    int               `json:"priority"`
	Version     int               `json:"version"`
	Hash        string            `json:"hash"`
	Agents      *configCounts     `json:"agents,omitempty"`
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
}

// configReadOnly are the fields of a configuration that only the server writes.
var configReadOnly = []string{"id", "version", "hash", "agents", "created_at", "updated_at"}

type configCounts struct {
	Total       int `json:"total"`
	Applied     int `json:"applied"`
	Applying    int `json:"applying"`
	Pending     int `json:"pending"`
	Failed      int `json:"failed"`
	Unsupported int `json:"unsupported"`
}

// version is one state of a configuration's body. Body is left out in lists.
type version struct {
	ConfigID  fleet.ConfigID `json:"config_id"`
	Version   int            `json:"version"`
	Body      *string        `json:"config,omitempty"`
	Hash      string         `json:"hash"`
	CreatedAt time.Time      `json:"created_at"`
}

// finding is one thing that a check has to say. Line and column are 0 where there is no such place.
type finding struct {
	Severity fleet.Severity `json:"severity"`
	Code     string         `json:"code"`
	Path     string         `json:"path"`
	Line     int            `json:"line"`
	Column   int            `json:"column"`
	Message  string         `json:"message"`
}

func newConfig(c *fleet.Config) config {
	return config{
		ID: c.ID, Name: c.Name, Description: c.Description, Labels: orEmpty(c.Labels),
		Selector: c.Selector, Priority: c.Priority, Version: c.Version, Hash: c.Hash.String(),
		CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(),
	}
}

func newConfigView(v *fleet.ConfigView, whole bool) config {
	out := newConfig(&v.Config)
	counts := configCounts(v.Agents)
	out.Agents = &counts
	if whole {
		body := string(v.Body)
		out.Body = &body
	}
	return out
}

func newVersion(v *fleet.Version, whole bool) version {
	out := version{ConfigID: v.ConfigID, Version: v.Number, Hash: v.Hash.String(), CreatedAt: v.CreatedAt.UTC()}
	if whole {
		body := string(v.Body)
		out.Body = &body
	}
	return out
}

func newFindings(list []fleet.Finding) []finding {
	out := make([]finding, len(list))
	for i, f := range list {
		out[i] = finding(f)
	}
	return out
}
