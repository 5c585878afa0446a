package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/ollystack/control-plane/internal/client"
)

// Exit codes. docs/cli.md says what they are for.
const (
	ExitOK          = 0
	ExitFailure     = 1   // it was tried and did not go well; for validate: a configuration has errors
	ExitUsage       = 2   // it was not even tried: wrong arguments, here or to the server; for validate: a file could not be checked
	ExitNotFound    = 3   // what was named is not there
	ExitRefused     = 4   // the server refused it: it has errors
	ExitConflict    = 5   // the present state forbids it, or the guard asks for a confirmation
	ExitDenied      = 6   // the token is missing, wrong or does not allow it
	ExitUnreachable = 7   // the server did not answer
	ExitSignal      = 128 // plus the number of the second signal, as a shell counts
)

// Error is an error with an exit code of its own. Without Err, all has been said.
type Error struct {
	Code int
	Err  error
	Help bool // the command's help may help
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap implements what errors.Is asks for.
func (e *Error) Unwrap() error { return e.Err }

// UsageError is an error in the arguments.
func UsageError(err error) error { return &Error{Code: ExitUsage, Err: err, Help: true} }

// Usagef is UsageError of a text.
func Usagef(format string, args ...any) error { return UsageError(fmt.Errorf(format, args...)) }

// ExitCode is the exit code of the process that ends with err.
func ExitCode(err error) int {
	if err == nil {
		return ExitOK
	}
	if own, ok := errors.AsType[*Error](err); ok {
		return own.Code
	}
	switch client.KindOf(err) {
	case client.NotFound:
		return ExitNotFound
	case client.Refused:
		return ExitRefused
	case client.Conflict:
		return ExitConflict
	case client.Denied:
		return ExitDenied
	case client.Unreachable:
		return ExitUnreachable
	case client.Invalid:
		return ExitUsage
	case client.Failed:
	}
	return ExitFailure
}

// hinted is an error with something to try.
type hinted struct {
	error
	hint string
}

func (e hinted) Unwrap() error { return e.error }

// WithHint adds to err what to try, which is printed below it.
func WithHint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return hinted{err, fmt.Sprintf(format, args...)}
}

// Message is what to print of an error, with what to try on lines of its own. It holds nothing that a terminal would obey.
func Message(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	text := err.Error()
	if hint := Hint(err); hint != "" {
		text += "\n" + hint
	}
	return PlainLines(text)
}
