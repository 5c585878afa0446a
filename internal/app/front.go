package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"

	"github.com/ollystack/control-plane/internal/settings"
)

// maxHeaderBytes bounds the headers of one request.
const maxHeaderBytes = 64 << 10

// front is the one port, for agents and for the API.
type front struct {
	server   *http.Server
	listener net.Listener
	tls      bool
	served   chan struct{} // closed when the listener is served no more
}

// newFront makes the server of the port. It has no time limit on whole requests:
// WebSockets and streams of events last, and the parts set their own deadlines.
func newFront(s settings.Settings, l net.Listener, cert *certificate, h http.Handler, log *slog.Logger) *front {
	f := &front{
		server: &http.Server{
			Handler:           h,
			ReadHeaderTimeout: s.HTTP.HeaderTimeout,
			IdleTimeout:       s.HTTP.IdleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			ErrorLog:          slog.NewLogLogger(quietHandshakes{log.Handler()}, slog.LevelWarn),
		},
		listener: l,
		tls:      cert != nil,
		served:   make(chan struct{}),
	}
	if cert != nil {
		f.server.TLSConfig = cert.config()
	}
	return f
}

// start serves the listener. The channel gets an error if that ends before stop.
func (f *front) start() <-chan error {
	failed := make(chan error, 1)
	go func() {
		defer close(f.served)
		var err error
		if f.tls {
			err = f.server.ServeTLS(f.listener, "", "")
		} else {
			err = f.server.Serve(f.listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return failed
}

// shutdowner is what holds connections that http.Server has given away.
type shutdowner interface {
	Shutdown(ctx context.Context) error
}

// stop takes no more connections, lets requests and WebSockets end side by side,
// for two thirds of the time that ctx leaves, and then cuts what is left. Being
// cut is no error: it is what the deadline is for.
func (f *front) stop(ctx context.Context, agents shutdowner) error {
	ctx, cancel := early(ctx)
	defer cancel()
	requests := make(chan error, 1)
	go func() {
		err := f.server.Shutdown(ctx)
		if err != nil {
			err = f.server.Close()
		}
		requests <- err
	}()
	err := agents.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	err = errors.Join(err, <-requests)
	<-f.served
	return err
}

// listen binds the address. Errors say what to do about a port that is taken.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: another program has this port, perhaps another ollystack; stop it, or choose another address with --listen", err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%w: ports below 1024 need a privilege; choose a higher one with --listen", err)
	}
	return l, err
}

// byPath sends what is for the OpAMP path to the agents' handler and everything else to the API.
func byPath(path string, agents, api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			agents.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}
