package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
)

// Base is what the path of every route but /metrics and /packages/ begins with.
const Base = "/api/v1"

// Defaults of Options.
const (
	DefaultMaxBody     = 4 << 20
	DefaultReadTimeout = 30 * time.Second
	DefaultKeepAlive   = 15 * time.Second
)

// Options are what New needs. Fleet, Access, Dashboard, Logger, Registerer, Gatherer and Backup must be set.
type Options struct {
	Fleet  *fleet.Manager
	Access *Access
	// Dashboard answers GET and HEAD of every path that is neither the API's nor
	// an agent's, whoever asks, and 404 where it has nothing.
	Dashboard http.Handler
	Logger    *slog.Logger
	// Registerer takes the metrics of the fleet and of this API.
	Registerer prometheus.Registerer
	// Gatherer is what /metrics shows.
	Gatherer prometheus.Gatherer
	// Backup makes a copy of all that is stored. It returns when the copy is whole.
	Backup func(ctx context.Context) (Backup, error)
	// BackedUp is told when a copy was made that a client has been sent to its end. Whether the client has
	// kept it, nobody here knows. Concurrent calls are made; nil tells nobody.
	BackedUp func(madeAt time.Time)
	// PackagesDir holds the packages that nodes fetch; empty is none.
	PackagesDir string
	// AgentPath is where agents connect: no page is there, and the line that adds a node names it. Empty is /v1/opamp.
	AgentPath string
	// Version is the server's, as health tells it.
	Version string
	// Checks are run by every health request, in this order. May be empty.
	Checks []NamedCheck
	// MaxBody is the largest request body in bytes, after decompression; 0 is DefaultMaxBody.
	MaxBody int64
	// ReadTimeout is how long a request's body may take to arrive; 0 is DefaultReadTimeout.
	ReadTimeout time.Duration
	// KeepAlive is how long the stream of events may be silent before a comment is sent; 0 is DefaultKeepAlive.
	KeepAlive time.Duration
	// Done ends the streams of events when it is closed, so that a server can shut down. May be nil.
	Done <-chan struct{}
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// api is the handler.
type api struct {
	fleet       *fleet.Manager
	access      *Access
	dashboard   http.Handler
	log         *slog.Logger
	gatherer    prometheus.Gatherer
	backup      func(ctx context.Context) (Backup, error)
	backedUp    func(madeAt time.Time)
	packagesDir string
	agentPath   string
	version     string
	checks      []NamedCheck
	maxBody     int64
	readTimeout time.Duration
	keepAlive   time.Duration
	done        <-chan struct{}
	now         func() time.Time

	router   *mux.Router
	metrics  *metrics
	attempts *attempts
	openapi  []byte // JSON
	out      sender
}

// New makes the handler of the whole API, of /metrics, of packages and of the
// dashboard. It answers every request, with 404 what there is nothing for. Errors: an
// option is missing, or a metric is registered already.
func New(o Options) (http.Handler, error) {
	if o.Fleet == nil || o.Access == nil || o.Dashboard == nil || o.Logger == nil || o.Registerer == nil || o.Gatherer == nil || o.Backup == nil {
		return nil, errors.New("rest: Fleet, Access, Dashboard, Logger, Registerer, Gatherer and Backup must be set")
	}
	document, err := openapiJSON()
	if err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	m, err := newMetrics(o.Registerer, o.Fleet)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	a := &api{
		fleet: o.Fleet, access: o.Access, dashboard: o.Dashboard, log: o.Logger, gatherer: o.Gatherer,
		backup: o.Backup, backedUp: o.BackedUp, packagesDir: o.PackagesDir, agentPath: o.AgentPath, version: o.Version, checks: o.Checks,
		maxBody: o.MaxBody, readTimeout: o.ReadTimeout, keepAlive: o.KeepAlive, done: o.Done, now: o.Now,
		router: mux.NewRouter().UseEncodedPath().SkipClean(true), metrics: m, openapi: document,
	}
	if a.maxBody <= 0 {
		a.maxBody = DefaultMaxBody
	}
	if a.readTimeout <= 0 {
		a.readTimeout = DefaultReadTimeout
	}
	if a.keepAlive <= 0 {
		a.keepAlive = DefaultKeepAlive
	}
	if a.agentPath == "" {
		a.agentPath = defaultAgentPath
	}
	if a.now == nil {
		a.now = time.Now
	}
	a.attempts = newAttempts(a.now)
	for _, rt := range a.routes() {
		a.mount(rt)
	}
	a.router.NotFoundHandler = http.HandlerFunc(a.notRouted)
	a.router.MethodNotAllowedHandler = http.HandlerFunc(a.methodNotAllowed)
	return a, nil
}
