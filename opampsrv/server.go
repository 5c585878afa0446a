package opampsrv

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ollystack/control-plane/fleet"
)

// poolSize is how many messages are handled or sent at a time.
const poolSize = 64

// Server answers OpAMP on both transports. It is the http.Handler of the OpAMP path.
type Server struct {
	o           Options
	fleet       manager
	log         *slog.Logger
	metrics     *metrics
	decoder     *decoder
	buffers     *buffers
	encoded     *encodeBuffers
	budget      *budget
	rate        *rate.Limiter // nil: no limit
	compressors chan struct{} // holds one token for each message being compressed
	polls       *httpLink
	pool        *pool
	perform     func(task)
	zippers     sync.Pool // of *gzip.Writer
	began       time.Time // zero of the clock that connections keep
	abandon     context.CancelFunc
	stop        <-chan struct{} // closed when nothing is waited for any more
	swept       chan struct{}   // closed when the sweeper has ended
	upgrade     upgrader

	mu       sync.Mutex
	stopping bool
	drained  chan struct{} // closed when Shutdown is over; made by the first
	requests int           // plain HTTP requests being answered
	upgrades int           // WebSockets, those included that are not yet in conns
	conns    []*conn
	active   sync.WaitGroup // requests and WebSockets; Add only while !stopping
}

// New makes a Server and starts it: from here on Shutdown is owed. Errors: no
// Fleet was given, or the names of the metrics are taken.
func New(o Options) (*Server, error) {
	if o.Fleet == nil {
		return nil, errors.New("opampsrv: Options.Fleet is required")
	}
	o = o.withDefaults()
	s := &Server{
		o:           o,
		fleet:       o.Fleet,
		log:         o.Logger,
		decoder:     newDecoder(o),
		buffers:     newBuffers(),
		encoded:     newEncodeBuffers(),
		budget:      newBudget(o.MaxInflightBytes, o.MaxMessageSize, o.MaxInflightShare),
		polls:       &httpLink{transport: fleet.HTTP},
		began:       time.Now(),
		swept:       make(chan struct{}),
		compressors: make(chan struct{}, compressors),
		upgrade:     newUpgrader(o),
	}
	var err error
	if s.metrics, err = newMetrics(o.Registerer, s.budget.used); err != nil {
		return nil, err
	}
	if o.MaxConnectionRate > 0 {
		s.rate = rate.NewLimiter(rate.Limit(o.MaxConnectionRate), o.MaxConnectionRate)
	}
	// The life of the server: it ends when a shutdown gives up on what is under way.
	ctx, cancel := context.WithCancel(context.Background())
	s.abandon, s.stop = cancel, ctx.Done()
	s.perform = func(t task) { s.do(ctx, t) }
	s.pool = newPool(poolSize, s.perform)
	go s.sweepUntil(ctx)
	return s, nil
}

// ServeHTTP answers a POST of application/x-protobuf itself and takes every
// other request for a WebSocket handshake. Source: OpAMP, Plain HTTP Transport.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.o.CheckOrigin(r) {
		s.refuse(w, r, rejectedOrigin, http.StatusForbidden, "requests from web pages of another origin are not taken")
		return
	}
	credential, ok := s.o.Authorize(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="opamp"`)
		s.refuse(w, r, rejectedToken, http.StatusUnauthorized, "a valid token is required: Authorization: Bearer TOKEN")
		return
	}
	if isProtobuf(r.Header.Get("Content-Type")) {
		s.servePoll(w, r)
		return
	}
	s.serveHandshake(w, r, credential)
}

// Shutdown turns newcomers away (503), sends every WebSocket a Close frame
// (1001, going away) and waits until the peers have closed. When ctx ends it
// closes what is left, and waits for that. It returns ctx's error if it came to that.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if s.stopping {
		s.mu.Unlock()
		select {
		case <-s.drained:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.stopping = true
	s.drained = make(chan struct{})
	conns := append([]*conn(nil), s.conns...)
	s.mu.Unlock()
	defer close(s.drained)

	for _, c := range conns {
		c.startClosing(closing{code: closeGoingAway, text: "the server is stopping", listen: true})
	}
	gone := make(chan struct{})
	go func() {
		s.active.Wait()
		close(gone)
	}()
	var err error
	select {
	case <-gone:
	case <-ctx.Done():
		err = ctx.Err()
		s.hangUp()
		<-gone
	}
	s.abandon()
	<-s.swept
	s.pool.close()
	return err
}

// hangUp closes what is left, without a word.
func (s *Server) hangUp() {
	s.abandon()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.hangUp()
	}
}

// retryAfter is how long one who is turned away should wait.
func (s *Server) retryAfter() time.Duration { return jittered(s.o.RetryAfter) }

// clock is the time since the server began: what connections remember takes half of a time.Time.
func (s *Server) clock() time.Duration { return time.Since(s.began) }
