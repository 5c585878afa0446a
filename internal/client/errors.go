package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// maxProblem bounds what is read of an answer that is an error, in bytes.
const maxProblem = 1 << 20

// Kind says what the caller can do about an error.
type Kind int

// Kinds.
const (
	Failed      Kind = iota // the server could not, or the answer is none of the API's
	Invalid                 // 400 and the like: the request is wrong
	NotFound                // 404
	Conflict                // 409, 412: the present state, or the guard, forbids it
	Refused                 // 422: understood, and refused with findings; 413: too large
	Denied                  // 401, 403: the token is missing, wrong or does not allow it
	Unreachable             // nobody answered
)

// Error is an answer that is not a success, or none.
type Error struct {
	Kind      Kind
	Status    int       // 0 where nobody answered
	Detail    string    // the server's own words
	RequestID string    // what the server's log knows the request by
	Findings  []Finding // of Refused
	Server    string    // host and port
	Proxy     string    // host and port of what was to pass the request on; empty where nothing was
	NoToken   bool      // none was sent
	NoRoute   bool      // nothing at that address speaks this part of the API
	cause     error
}

// Error says what the server said, or why it did not.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.cause.Error()
	}
	text := fmt.Sprintf("%s answered %d %s", e.Server, e.Status, http.StatusText(e.Status))
	if e.Detail != "" {
		text = fmt.Sprintf("%s (%s answered %d)", e.Detail, e.Server, e.Status)
	}
	if e.Status >= 500 && e.RequestID != "" {
		text += ", request " + e.RequestID
	}
	var lines strings.Builder
	for _, f := range e.Findings {
		if f.Line > 0 || !strings.Contains(e.Detail, f.Message) {
			lines.WriteString("\n  " + f.String())
		}
	}
	return text + lines.String()
}

// Unwrap returns why nobody answered.
func (e *Error) Unwrap() error { return e.cause }

// KindOf is the kind of an error of this package, and Failed for every other.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Failed
}

// nothingThere is how the server begins to say that it has no such route, and not that a thing is not there.
const nothingThere = "there is nothing at "

// problem makes an error of an answer: RFC 9457's detail where there is one.
func (c *Client) problem(res *http.Response, answer []byte) error {
	var p struct {
		Detail   string    `json:"detail"`
		Instance string    `json:"instance"`
		Errors   []Finding `json:"errors"`
	}
	ours := json.Unmarshal(answer, &p) == nil // else the status alone has to do
	e := &Error{
		Kind: kindOfStatus(res.StatusCode), Status: res.StatusCode, Detail: p.Detail, RequestID: p.Instance,
		Findings: p.Errors, Server: c.base.Host, NoToken: c.token == "", Proxy: c.proxyOf(res.Request),
	}
	switch {
	case !ours && res.StatusCode == http.StatusBadRequest && bytes.Contains(answer, []byte("HTTPS")):
		// net/http's servers and others say so in a line of text: what was asked was never heard.
		e.Kind, e.Detail = Unreachable, "the server speaks TLS, and was asked without"
	case res.StatusCode == http.StatusMethodNotAllowed, res.StatusCode == http.StatusNotFound && (!ours || strings.HasPrefix(p.Detail, nothingThere)):
		e.Kind, e.NoRoute = Failed, true
	}
	if e.RequestID == "" {
		e.RequestID = res.Header.Get("X-Request-Id")
	}
	if to := res.Header.Get("Location"); e.Detail == "" && res.StatusCode/100 == 3 && to != "" {
		e.Detail = fmt.Sprintf("the server is elsewhere: %s", to)
	}
	return e
}

func kindOfStatus(status int) Kind {
	switch status {
	case http.StatusBadRequest, http.StatusUnsupportedMediaType:
		return Invalid
	case http.StatusUnauthorized, http.StatusForbidden:
		return Denied
	case http.StatusNotFound:
		return NotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		return Conflict
	case http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return Refused
	}
	return Failed
}

// Finding is what a check of a configuration found.
type Finding struct {
	Severity string `json:"severity"` // error or warning
	Code     string `json:"code"`
	Path     string `json:"path"`
	Line     int    `json:"line"` // from 1; 0 where there is no such place
	Column   int    `json:"column"`
	Message  string `json:"message"`
}

// String is the finding in a line.
func (f Finding) String() string {
	text := f.Severity + ": "
	if f.Line > 0 {
		text = fmt.Sprintf("line %d:%d: %s", f.Line, f.Column, text)
	}
	if f.Path != "" {
		text += f.Path + ": "
	}
	return fmt.Sprintf("%s%s [%s]", text, f.Message, f.Code)
}
