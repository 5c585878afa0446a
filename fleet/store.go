package fleet

import (
	"context"
	"iter"
	"time"
)

// Store keeps the fleet. Implementations are safe for concurrent use and share
// no memory with callers: what a caller passes in or gets out may be changed
// afterwards without effect on the store. Times come back in UTC, to the
// nanosecond; an empty map or slice may come back nil.
//
// Errors: NotFound where a record does not exist; Invalid for a record without
// its id, name or hash; Unavailable after Close, when the disk is full or fails,
// and when ctx is done before the work began; Internal where the file is damaged.
type Store interface {
	// View runs fn on one consistent snapshot and returns fn's error. The Tx must
	// not be used after fn returned, nor its write methods at all (Internal).
	View(ctx context.Context, fn func(Tx) error) error
	// Update commits, durably, when fn returns nil, and otherwise changes
	// nothing and returns fn's error; a panic in fn changes nothing either and
	// goes on to the caller. One Update runs at a time; others wait, until ctx is done.
	Update(ctx context.Context, fn func(Tx) error) error
	// Reader reads single records outside transactions, at what the latest commit left.
	Reader
	// Close waits for open transactions. Later calls return Unavailable; a second Close returns nil.
	Close() error
}

// Reader reads single records by id. This is what a cache decorates.
type Reader interface {
	Agent(ctx context.Context, uid InstanceUID) (Agent, error)
	Config(ctx context.Context, id ConfigID) (Config, error)
	Version(ctx context.Context, id ConfigID, number int) (Version, error)
	EffectiveConfig(ctx context.Context, hash ConfigHash) (EffectiveConfig, error)
	Components(ctx context.Context, hash ConfigHash) (Components, error)
}

// Tx is a transaction. It sees its own writes. It is used by one goroutine,
// and nothing inside it waits on a network, a channel or another transaction.
// Writing while a sequence is ranged over is allowed: what was there throughout
// is yielded once; whether what came or went meanwhile is yielded is not promised.
type Tx interface {
	Agent(uid InstanceUID) (Agent, error)
	// Agents yields every agent in ascending order of UID, those after the
	// given one (the zero UID: all). After an error it ends.
	Agents(after InstanceUID) iter.Seq2[Agent, error]
	// PutAgent creates or replaces. The bodies that a names must exist (Invalid otherwise).
	PutAgent(a Agent) error
	// DeleteAgent removes the record. Errors: NotFound.
	DeleteAgent(uid InstanceUID) error

	// PutEffectiveConfig and PutComponents store a body under its hash; what
	// exists is left as it is. A body that no agent names when the transaction
	// commits is dropped.
	PutEffectiveConfig(c EffectiveConfig) error
	PutComponents(hash ConfigHash, c Components) error
	EffectiveConfig(hash ConfigHash) (EffectiveConfig, error)
	Components(hash ConfigHash) (Components, error)

	Config(id ConfigID) (Config, error)
	// Configs yields every config in ascending order of id.
	Configs() iter.Seq2[Config, error]
	// PutConfig creates or replaces; versions stay. Errors: Conflict when another config has its name.
	PutConfig(c Config) error
	// DeleteConfig removes the config and all its versions. Errors: NotFound.
	DeleteConfig(id ConfigID) error
	Version(id ConfigID, number int) (Version, error)
	// Versions yields those of one config in ascending order, the bodies included.
	Versions(id ConfigID) iter.Seq2[Version, error]
	// PutVersion adds a version. Errors: NotFound, no such config; Conflict, the
	// number is taken; Invalid, the number is below 1.
	PutVersion(v Version) error

	// Tokens yields every token in ascending order of id.
	Tokens() iter.Seq2[Token, error]
	// PutToken creates or replaces.
	PutToken(t Token) error
	// DeleteToken removes it. Errors: NotFound.
	DeleteToken(id string) error

	// Samples yields every sample in ascending order of time.
	Samples() iter.Seq2[Sample, error]
	// PutSample creates or replaces the one of its time. Errors: Invalid, its time is not after year 1 began.
	PutSample(s Sample) error
	// DeleteSample removes the one of that time. Errors: NotFound.
	DeleteSample(at time.Time) error

	// StoppedAt is when the server last stopped cleanly, having saved the
	// sequence numbers of all agents; zero while it runs and after a crash.
	StoppedAt() (time.Time, error)
	SetStoppedAt(t time.Time) error

	// Seeded names what SeedConfig has created or found there: nothing of these names is seeded
	// again, also when it was deleted since.
	Seeded() ([]string, error)
	SetSeeded(names []string) error
}

// CheckStatus is the result of a health check.
type CheckStatus string

// The results, from good to bad, and for what is not configured.
const (
	CheckOK       CheckStatus = "ok"
	CheckDegraded CheckStatus = "degraded"
	CheckFailed   CheckStatus = "failed"
	CheckDisabled CheckStatus = "disabled"
)

// Check is what one part says of its own health.
type Check struct {
	Status CheckStatus `json:"status"`
	// Detail is one sentence for the operator; empty when all is well.
	Detail string `json:"detail,omitempty"`
}
