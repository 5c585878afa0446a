package opampsrv

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
)

// manager is what the server asks of the fleet; *fleet.Manager is one.
type manager interface {
	Receive(ctx context.Context, link fleet.Link, r *fleet.Report) (fleet.Reply, error)
	Due(link fleet.Link, uid fleet.InstanceUID) (fleet.Reply, bool)
	Disconnected(link fleet.Link, uids ...fleet.InstanceUID)
}

// Options are what a Server needs. Numbers and durations left zero take the
// value that Defaults gives them, except where the comment says otherwise.
type Options struct {
	// Fleet decides: a *fleet.Manager. Required.
	Fleet manager
	// Logger; nil discards.
	Logger *slog.Logger
	// Registerer takes the metrics; nil leaves them unregistered.
	Registerer prometheus.Registerer

	// Authorize reports whether the request carries a credential that may
	// connect, and the id of that; false is answered with 401, before any upgrade.
	// An empty id is never revoked. Nil lets everyone in.
	Authorize func(*http.Request) (credential string, ok bool)
	// Revoked reports whether a credential may not connect any more: WebSockets
	// that were opened with it are closed within seconds. Nil revokes none.
	Revoked func(credential string) bool
	// CheckOrigin reports whether the request does not come from a foreign web
	// page; false is answered with 403 on both transports. Nil takes requests
	// without an Origin and those whose Origin is the Host they ask.
	CheckOrigin func(*http.Request) bool

	// Compression allows permessage-deflate and compressed HTTP responses.
	// Compressed HTTP requests are always understood. Off when false.
	Compression bool

	// MaxMessageSize is the largest message taken or sent, in bytes after
	// decompression. Source: OpAMP, WebSocket Message Size Limits and Plain HTTP
	// Message Size Limits, whose default it is.
	MaxMessageSize int64
	// MaxInflightBytes bounds the bytes of all messages that are arriving or
	// being handled. It is raised to twice MaxMessageSize where it is less.
	MaxInflightBytes int64
	// MaxInflightShare is how many bytes one connection may hold of that while
	// others hold theirs; what is larger takes turns. It is lowered to what
	// leaves room for the shares of 64 connections.
	MaxInflightShare int64
	// MaxConnections bounds the WebSockets, and the plain HTTP requests, at one time.
	MaxConnections int
	// MaxConnectionRate bounds new WebSockets per second; 0 is no limit.
	MaxConnectionRate int
	// RetryAfter is the least that one who is turned away is told to wait; up to as much again is added at random.
	RetryAfter time.Duration

	// HandshakeTimeout is how long the answer to an upgrade may take to be written.
	HandshakeTimeout time.Duration
	// MessageTimeout is how long one message may take to arrive whole, from its first byte.
	MessageTimeout time.Duration
	// WriteTimeout is how long a peer may take to accept one message.
	WriteTimeout time.Duration
	// IdleTimeout is how long nothing, not even a pong, may arrive on a WebSocket.
	IdleTimeout time.Duration
	// PingInterval is how long a WebSocket may be silent before it is pinged, and then again.
	PingInterval time.Duration
	// ProbeTimeout is how long a probed peer has for a sign of life.
	ProbeTimeout time.Duration

	// MaxTreeDepth is how deep the elements of one message may nest: a component's
	// health within another's, an attribute's list or map within another.
	MaxTreeDepth int
	// MaxTreeNodes is how many elements all lists and maps of one message may have together.
	MaxTreeNodes int
	// MaxBadMessages malformed messages in a row end a WebSocket.
	MaxBadMessages int
}

// Defaults returns the limits that are used where nothing else is said.
func Defaults() Options {
	return Options{
		Compression:      true,
		MaxMessageSize:   64 << 20,
		MaxInflightBytes: 256 << 20,
		MaxInflightShare: 2 << 20,
		MaxConnections:   15000,
		RetryAfter:       30 * time.Second,
		HandshakeTimeout: 10 * time.Second,
		MessageTimeout:   time.Minute,
		WriteTimeout:     10 * time.Second,
		IdleTimeout:      2 * time.Minute,
		PingInterval:     30 * time.Second,
		ProbeTimeout:     5 * time.Second,
		MaxTreeDepth:     32,
		MaxTreeNodes:     10000,
		MaxBadMessages:   5,
	}
}

func (o Options) withDefaults() Options {
	d := Defaults()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.CheckOrigin == nil {
		o.CheckOrigin = sameOrigin
	}
	if o.Authorize == nil {
		o.Authorize = func(*http.Request) (string, bool) { return "", true }
	}
	if o.Revoked == nil {
		o.Revoked = func(string) bool { return false }
	}
	orDefault(&o.MaxMessageSize, d.MaxMessageSize)
	orDefault(&o.MaxInflightBytes, d.MaxInflightBytes)
	orDefault(&o.MaxInflightShare, d.MaxInflightShare)
	orDefault(&o.MaxConnections, d.MaxConnections)
	orDefault(&o.RetryAfter, d.RetryAfter)
	orDefault(&o.HandshakeTimeout, d.HandshakeTimeout)
	orDefault(&o.MessageTimeout, d.MessageTimeout)
	orDefault(&o.WriteTimeout, d.WriteTimeout)
	orDefault(&o.IdleTimeout, d.IdleTimeout)
	orDefault(&o.PingInterval, d.PingInterval)
	orDefault(&o.ProbeTimeout, d.ProbeTimeout)
	orDefault(&o.MaxTreeDepth, d.MaxTreeDepth)
	orDefault(&o.MaxTreeNodes, d.MaxTreeNodes)
	orDefault(&o.MaxBadMessages, d.MaxBadMessages)
	return o
}

func orDefault[T int | int64 | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
