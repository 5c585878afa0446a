package settings

import (
	"log/slog"
	"time"
)

// Settings is all that an operator can set, read and checked. Load returns it;
// Default gives a starting point to tests. docs/settings.md explains each field
// to operators, under the name that keys gives it.
type Settings struct {
	// Listen is the address of the one port, host:port. An empty host is every address; port 0 is any free one.
	Listen string
	// DataDir holds the store and the first tokens. Relative to the working directory.
	DataDir string
	// AllowedHosts are the names, lower-case and without a port, that a Host header may carry in mode none,
	// beside IP addresses and localhost. May be empty.
	AllowedHosts []string
	// ShutdownTimeout bounds the drain after SIGTERM. Positive.
	ShutdownTimeout time.Duration

	Log      Log
	Auth     Auth
	TLS      TLS
	Redis    Redis
	Store    Store
	Agents   Agents
	Guard    Guard
	Packages Packages
	OpAMP    OpAMP
	HTTP     HTTP
}

// Log is what the server's own log looks like.
type Log struct {
	Level  slog.Level // debug, info, warn or error
	Format LogFormat
}

// LogFormat is the form of a log line.
type LogFormat string

// The log formats.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// Auth says how callers prove who they are.
type Auth struct {
	// Mode may be AuthUnset: ask Settings.EffectiveAuthMode.
	Mode AuthMode
}

// AuthMode says whether callers need a token.
type AuthMode string

// The modes. AuthUnset leaves the choice to the listen address.
const (
	AuthUnset AuthMode = ""
	AuthNone  AuthMode = "none"
	AuthToken AuthMode = "token"
)

// TLS names the server's certificate. Both fields are set, or neither.
type TLS struct {
	CertFile string // PEM, the chain with the leaf first
	KeyFile  string // PEM
}

// Enabled reports whether the server speaks TLS.
func (t TLS) Enabled() bool { return t.CertFile != "" && t.KeyFile != "" }

// Redis is the optional cache.
type Redis struct {
	URL       SecretURL     // host:port, redis://, rediss:// or unix://; empty is no Redis
	Timeout   time.Duration // of one command; positive
	KeyPrefix string        // of every key
}

// Store is the embedded store under DataDir.
type Store struct {
	MinFreeBytes  ByteSize      // below it health degrades; 0 does not watch
	FlushInterval time.Duration // what agents report is on disk at most this much later; positive
}

// Agents is how the fleet treats its agents.
type Agents struct {
	MaxKnown      int           // records, of agents that are gone as well; at least 1
	ForgetAfter   time.Duration // 0 never forgets
	HTTPTimeout   time.Duration // silence after which an agent on plain HTTP counts as disconnected; positive
	FullStateRate int           // requests for full state per second; 0 does not pace
	ProbeTimeout  time.Duration // an old connection has this long to answer a ping; positive
}

// Guard stops slips.
type Guard struct {
	MaxAgents int // one change that takes more connected agents must be confirmed; at least 0
}

// Packages are what nodes install from this server.
type Packages struct {
	Dir string // of a release's packages; empty is none
}

// OpAMP is the protocol's endpoint and its limits.
type OpAMP struct {
	Path              string        // begins with a slash
	Compression       bool          // gzip over HTTP, permessage-deflate over WebSocket
	MaxMessageSize    ByteSize      // after decompression; at most half of MaxInflightBytes
	MaxInflightBytes  ByteSize      // all connections together
	MaxInflightShare  ByteSize      // what one connection may hold of it without waiting for a turn
	MaxConnections    int           // at least 1
	MaxConnectionRate int           // new connections per second; 0 is no limit
	RetryAfter        time.Duration // the least Retry-After, jitter comes on top; at least a second
	HandshakeTimeout  time.Duration // positive, as are all the durations here
	MessageTimeout    time.Duration // a message has this long to arrive whole
	WriteTimeout      time.Duration
	IdleTimeout       time.Duration
	PingInterval      time.Duration // below IdleTimeout
	MaxTreeDepth      int           // of health and of attributes; at least 1
	MaxTreeNodes      int           // of health and of attributes; at least 1
	MaxBadMessages    int           // then the connection is closed; at least 1
}

// HTTP is the limits of the one port as a whole and of the API on it.
type HTTP struct {
	HeaderTimeout time.Duration // positive, as are all the durations here
	ReadTimeout   time.Duration
	IdleTimeout   time.Duration
	MaxBodySize   ByteSize
}

// DefaultPort is the port that a server without settings listens on.
const DefaultPort = "4320"

const defaultHost = "127.0.0.1"

// Default returns the settings of a server that nobody has set anything for.
func Default() Settings {
	return Settings{
		Listen:          defaultHost + ":" + DefaultPort,
		DataDir:         "./data",
		AllowedHosts:    []string{},
		ShutdownTimeout: 15 * time.Second,
		Log:             Log{Level: slog.LevelInfo, Format: LogText},
		Redis: Redis{
			Timeout:   100 * time.Millisecond,
			KeyPrefix: "ollystack:",
		},
		Store: Store{
			MinFreeBytes:  256 * MiB,
			FlushInterval: time.Second,
		},
		Agents: Agents{
			MaxKnown:      100_000,
			HTTPTimeout:   90 * time.Second,
			FullStateRate: 500,
			ProbeTimeout:  5 * time.Second,
		},
		Guard: Guard{MaxAgents: 1000},
		OpAMP: OpAMP{
			Path:             "/v1/opamp",
			Compression:      true,
			MaxMessageSize:   64 * MiB,
			MaxInflightBytes: 256 * MiB,
			MaxInflightShare: 2 * MiB,
			MaxConnections:   15000,
			RetryAfter:       30 * time.Second,
			HandshakeTimeout: 10 * time.Second,
			MessageTimeout:   time.Minute,
			WriteTimeout:     10 * time.Second,
			IdleTimeout:      2 * time.Minute,
			PingInterval:     30 * time.Second,
			MaxTreeDepth:     32,
			MaxTreeNodes:     10000,
			MaxBadMessages:   5,
		},
		HTTP: HTTP{
			HeaderTimeout: 10 * time.Second,
			ReadTimeout:   time.Minute,
			IdleTimeout:   2 * time.Minute,
			MaxBodySize:   8 * MiB,
		},
	}
}
