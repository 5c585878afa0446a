package fleet

import "time"

// Role says what the bearer of a token may do.
type Role string

// The roles.
const (
	RoleAdmin Role = "admin" // everything over the HTTP API
	RoleRead  Role = "read"  // GET over the HTTP API, the metrics, and the packages
	RoleAgent Role = "agent" // connect over OpAMP, and fetch packages, nothing else: the enrolment token
)

// Token is a credential as the server keeps it: never its text.
type Token struct {
	ID        string    `json:"id"`   // a UUID v7
	Name      string    `json:"name"` // for people
	Role      Role      `json:"role"`
	Hash      string    `json:"hash"` // SHA-256 of the text, in hex; the text has 256 random bits
	CreatedAt time.Time `json:"created_at"`
}

// Caller is who is asking, as an edge found out.
type Caller struct {
	TokenID string // empty where auth is off
	Name    string
	Role    Role
}

// Action is what a caller wants to do, as coarse as roles tell apart.
type Action uint8

// The actions.
const (
	ActionRead     Action = iota // look at anything
	ActionWrite                  // change anything
	ActionConnect                // speak OpAMP
	ActionDownload               // fetch the packages that nodes install
)

// May reports whether the role allows the action.
func (r Role) May(a Action) bool {
	switch r {
	case RoleAdmin:
		return a == ActionRead || a == ActionWrite || a == ActionDownload
	case RoleRead:
		return a == ActionRead || a == ActionDownload
	case RoleAgent:
		return a == ActionConnect || a == ActionDownload
	}
	return false
}
