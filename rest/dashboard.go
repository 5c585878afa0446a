package rest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// pagePatience is how long a browser may take to accept one file of the dashboard.
const pagePatience = 2 * time.Minute

// notRouted answers what has no route: with the dashboard, whose own addresses
// are everything that is not the server's, or with a problem.
func (a *api) notRouted(w http.ResponseWriter, r *http.Request) {
	x := w.(*exchange)
	switch {
	case a.serversOwn(r.URL.Path):
		a.fail(x, r, nothingAt(r))
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		a.fail(x, r, notAllowed(r, "GET, HEAD"))
	default:
		a.showDashboard(x, r)
	}
}

// serversOwn reports whether a path is below one of those that programs use:
// there, a mistyped path is told as one and not answered with a page.
func (a *api) serversOwn(path string) bool {
	top := topOf(path)
	for _, own := range []string{Base, "/metrics", packagesPath, a.agentPath} {
		if top == topOf(own) {
			return true
		}
	}
	return false
}

// topOf is the first segment of a path.
func topOf(path string) string {
	top, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return top
}

// showDashboard needs no token: there is nothing of the fleet in a page, which asks the API as anybody else does.
func (a *api) showDashboard(x *exchange, r *http.Request) {
	x.route, x.paced = "/", true
	rc := http.NewResponseController(x)
	bounded := rc.SetWriteDeadline(time.Now().Add(pagePatience)) == nil
	w := &dashboardWriter{exchange: x}
	a.dashboard.ServeHTTP(w, r)
	if w.missing {
		x.route = "" // as all that is not there
		a.fail(x, r, nothingAt(r))
		return
	}
	if bounded && rc.Flush() == nil {
		_ = rc.SetWriteDeadline(time.Time{}) // it could be set, so it can be taken off
	}
}

func nothingAt(r *http.Request) error {
	return &statusError{status: http.StatusNotFound, detail: fmt.Sprintf("there is nothing at %s; the API is at %s", r.URL.Path, Base)}
}

// dashboardWriter holds back a 404, which is to be a problem as every error is.
type dashboardWriter struct {
	*exchange
	missing bool
}

// WriteHeader notes what is missing and passes on any other status.
func (w *dashboardWriter) WriteHeader(status int) {
	if w.missing = status == http.StatusNotFound; !w.missing {
		w.exchange.WriteHeader(status)
	}
}

// Write drops what would be the body of a 404.
func (w *dashboardWriter) Write(b []byte) (int, error) {
	if w.missing {
		return len(b), nil
	}
	return w.exchange.Write(b)
}
