package fleet

import (
	"errors"
	"fmt"
)

// Kind sorts errors by what the caller can do about them.
type Kind uint8

// The kinds. The zero value is Internal, so that an error nobody classified is never shown to a client.
const (
	Internal      Kind = iota // unclassified: for the log only
	Invalid                   // the request is malformed
	NotFound                  // the subject does not exist
	Conflict                  // the subject's state forbids it
	Stale                     // a revision that lost the race
	Unprocessable             // understood, and refused with findings
	Forbidden                 // the caller may not
	Unavailable               // not now: retry later
)

var kindNames = [...]string{"internal", "invalid", "not found", "conflict", "stale", "unprocessable", "forbidden", "unavailable"}

// String returns the kind's name in words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + fmt.Sprint(uint8(k))
}

// Error is an error of known kind.
type Error struct {
	Kind Kind
	// Msg is for the caller: it names the subject and holds no secrets.
	Msg string
	// Findings are set where Kind is Unprocessable.
	Findings []Finding
	// Err is the cause, for the log; may be nil.
	Err error
}

// Error returns the message and, for the log, its cause.
func (e *Error) Error() string {
	switch {
	case e.Err == nil:
		return e.Msg
	case e.Msg == "":
		return e.Err.Error()
	}
	return e.Msg + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf classifies err: the kind of the first *Error in its chain, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Errorf makes an error of the given kind whose message, formatted as fmt.Sprintf does, is meant for the caller.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Msg: fmt.Sprintf(format, args...)}
}
