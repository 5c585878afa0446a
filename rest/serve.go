package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/ollystack/control-plane/fleet"
)

// ServeHTTP is the one wrapper around every route: it names the request,
// recovers, refuses what a foreign page sent, and counts.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := newExchange(w, r)
	started := time.Now()
	defer func() {
		if cause := recover(); cause != nil {
			a.recovered(x, r, cause)
		}
		a.metrics.observe(x, r.Method, time.Since(started))
		if x.fault != nil {
			a.log.ErrorContext(r.Context(), "an answer could not be written", "request_id", x.id, "route", x.route, "err", x.fault)
		}
	}()
	if r.ContentLength != 0 {
		// Also where the answer will be no: the server reads a body's rest before it takes the next request.
		_ = http.NewResponseController(x).SetReadDeadline(time.Now().Add(a.readTimeout)) // fails only where there is no connection
	}
	if err := a.access.CheckHost(r); err != nil {
		a.fail(x, r, err)
		return
	}
	if err := a.access.CheckOrigin(r); err != nil {
		a.fail(x, r, err)
		return
	}
	a.router.ServeHTTP(x, r)
}

// mount adds a route to the router. GET answers HEAD too, without the body.
func (a *api) mount(rt route) {
	methods := []string{rt.method}
	if rt.method == http.MethodGet {
		methods = append(methods, http.MethodHead)
	}
	// The path comes first: a method that matches would make mux forget that an
	// earlier route had the path and not the method, and answer 404 for 405.
	template := strings.Replace(rt.path, "{file}", "{file:.+}", 1) // slashes too
	a.router.Path(template).Methods(methods...).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x, ok := w.(*exchange)
		if !ok { // only ServeHTTP calls the router
			x = newExchange(w, r)
		}
		x.route = rt.path
		if err := a.serve(rt, x, r); err != nil {
			a.fail(x, r, err)
		}
	})
}

// serve runs one route for one request.
func (a *api) serve(rt route, x *exchange, r *http.Request) error {
	if rt.basic {
		r = withBasic(r)
	}
	caller, session, err := a.access.authorize(r, rt.action)
	switch {
	case err == nil:
		r = r.WithContext(withSession(fleet.WithCaller(r.Context(), caller), session))
	case !rt.open:
		return err
	}
	query, err := readQuery(r.URL.RawQuery, rt.params)
	if err != nil {
		return err
	}
	r = r.WithContext(context.WithValue(r.Context(), queryKey{}, query))
	if rt.stream != nil {
		x.paced = true
		return rt.stream(x, r)
	}
	if rt.csv != nil {
		if wantsCSV(r) {
			x.paced = true
			return rt.csv(x, r)
		}
		x.Header().Add("Vary", "Accept")
	}
	if r.ContentLength != 0 {
		r.Body = http.MaxBytesReader(x, r.Body, a.bodyLimit(r))
	}
	answer, err := rt.handle(r)
	if err != nil {
		return err
	}
	a.out.send(x, r, answer)
	return nil
}

// fail answers err, and logs what is not the client's to know.
func (a *api) fail(x *exchange, r *http.Request, err error) {
	var only *statusError
	if !errors.As(err, &only) && fleet.KindOf(err) == fleet.Internal {
		if r.Context().Err() != nil {
			err = fleet.Errorf(fleet.Unavailable, "the request was given up")
		} else {
			a.log.ErrorContext(r.Context(), "a request failed", "request_id", x.id, "route", x.route, "method", r.Method, "err", err)
		}
	}
	if x.status != 0 { // too late to say anything
		return
	}
	a.out.problem(x, r, err)
}

func (a *api) recovered(x *exchange, r *http.Request, cause any) {
	a.log.ErrorContext(r.Context(), "a request panicked", "request_id", x.id, "route", x.route, "method", r.Method,
		"err", fmt.Sprint(cause), "stack", string(debug.Stack()))
	if x.status == 0 {
		a.out.problem(x, r, errors.New("panic"))
	}
}

func (a *api) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	x := w.(*exchange)
	a.fail(x, r, notAllowed(r, a.allowed(r)))
}

func notAllowed(r *http.Request, allow string) error {
	return &statusError{
		status: http.StatusMethodNotAllowed, allow: allow,
		detail: fmt.Sprintf("%s does not take %s, only %s", r.URL.Path, r.Method, allow),
	}
}

// allowed lists the methods that have a route at the request's path.
func (a *api) allowed(r *http.Request) string {
	var allowed []string
	for _, method := range []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	} {
		probe := *r
		probe.Method = method
		var match mux.RouteMatch
		if a.router.Match(&probe, &match) && match.MatchErr == nil {
			allowed = append(allowed, method)
		}
	}
	return strings.Join(allowed, ", ")
}

// pathVar returns a variable of the route's template. The router matches the
// encoded path, so that an agent's name may hold a slash.
func pathVar(r *http.Request, name string) string {
	encoded := mux.Vars(r)[name]
	if plain, err := url.PathUnescape(encoded); err == nil {
		return plain
	}
	return encoded
}

// known reports whether the request came with a caller who may do what the route does.
func known(r *http.Request) bool {
	_, ok := fleet.CallerFrom(r.Context())
	return ok
}

func quoted(names []string) string {
	slices.Sort(names)
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(out, ", ")
}
