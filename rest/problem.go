package rest

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/ollystack/control-plane/fleet"
)

// Problem is the body of every error (RFC 9457).
type Problem struct {
	// Type is always about:blank: the status says which problem it is.
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail,omitempty"`
	Instance string `json:"instance"` // the request's id
	// Errors are set where Status is 422.
	Errors []finding `json:"errors,omitempty"`
}

// retryAfterSeconds is what a client is told to wait when the fleet is unavailable.
const retryAfterSeconds = "5"

// statusError is an error that only HTTP knows of.
type statusError struct {
	status     int
	detail     string
	allow      string // of a 405
	retryAfter int    // seconds, of a 429
}

func (e *statusError) Error() string { return e.detail }

func unauthenticated(detail string) error {
	return &statusError{status: http.StatusUnauthorized, detail: detail}
}

// IsUnauthenticated reports whether err says that a token is missing or wrong, the 401 of Access.Authorize.
func IsUnauthenticated(err error) bool {
	var s *statusError
	return errors.As(err, &s) && s.status == http.StatusUnauthorized
}

// statusOf is the only place where a kind of error becomes a status.
func statusOf(kind fleet.Kind) int {
	switch kind {
	case fleet.Invalid:
		return http.StatusBadRequest
	case fleet.NotFound:
		return http.StatusNotFound
	case fleet.Conflict:
		return http.StatusConflict
	case fleet.Stale:
		return http.StatusPreconditionFailed
	case fleet.Unprocessable:
		return http.StatusUnprocessableEntity
	case fleet.Forbidden:
		return http.StatusForbidden
	case fleet.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problemOf turns an error into what the client is told. Causes and whatever is
// Internal stay out of it.
func problemOf(err error, instance string) Problem {
	p := Problem{Type: "about:blank", Instance: instance}
	var s *statusError
	var f *fleet.Error
	switch {
	case errors.As(err, &s):
		p.Status, p.Detail = s.status, s.detail
	case errors.As(err, &f) && f.Kind != fleet.Internal:
		p.Status, p.Detail = statusOf(f.Kind), f.Msg
		if f.Kind == fleet.Unprocessable {
			p.Errors = findingsOf(f)
		}
	default:
		p.Status = http.StatusInternalServerError
		p.Detail = "something went wrong inside the server; its log has the cause under this instance"
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// findingsOf gives a list also where the fleet refused without one.
func findingsOf(f *fleet.Error) []finding {
	if len(f.Findings) > 0 {
		return newFindings(f.Findings)
	}
	return []finding{{Severity: fleet.SeverityError, Code: "refused", Message: f.Msg}}
}

// problem answers err.
func (s *sender) problem(x *exchange, r *http.Request, err error) {
	p := problemOf(err, x.id)
	var only *statusError
	special := errors.As(err, &only)
	switch {
	case p.Status == http.StatusUnauthorized:
		x.Header().Set("WWW-Authenticate", `Bearer realm="ollystack"`)
	case p.Status == http.StatusServiceUnavailable:
		x.Header().Set("Retry-After", retryAfterSeconds)
	case special && only.allow != "":
		x.Header().Set("Allow", only.allow)
	case special && only.retryAfter > 0:
		x.Header().Set("Retry-After", strconv.Itoa(only.retryAfter))
	}
	s.send(x, r, reply{status: p.Status, contentType: "application/problem+json", body: p})
}
