package rediscache

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"

	"github.com/redis/go-redis/v9"
)

// fault is what is wrong with the Redis, as one of a closed set: it labels the
// metric and words the health check, which must not quote the server (an old
// one echoes the password).
type fault string

const (
	faultTimeout    fault = "timeout"
	faultConnection fault = "connection"
	faultAuth       fault = "auth"
	faultFull       fault = "full"
	faultReadOnly   fault = "read_only"
	faultLoading    fault = "loading"
	faultForged     fault = "forged"
	faultStore      fault = "store"
	faultOther      fault = "other"
)

var faults = [...]fault{
	faultTimeout, faultConnection, faultAuth, faultFull, faultReadOnly, faultLoading, faultForged, faultStore, faultOther,
}

// detail completes "Redis at ADDRESS ...".
func (f fault) detail() string {
	switch f {
	case faultTimeout:
		return "does not answer in time"
	case faultConnection:
		return "cannot be reached"
	case faultAuth:
		return "refuses our user or password, or grants it too few commands"
	case faultFull:
		return "is out of memory and takes no writes"
	case faultReadOnly:
		return "is read-only"
	case faultLoading:
		return "is still loading its data"
	default:
		return "answers with errors"
	}
}

// isNil reports the answer "no such key".
func isNil(err error) bool { return errors.Is(err, redis.Nil) }

// isWrongType reports that somebody else put something other than a string under our key.
func isWrongType(err error) bool { return redis.HasErrorPrefix(err, "WRONGTYPE") }

// faultOf classifies an error of the client that is neither nil nor isNil.
func faultOf(err error) fault {
	var answer redis.Error
	if errors.As(err, &answer) {
		switch word, _, _ := strings.Cut(answer.Error(), " "); word {
		case "NOAUTH", "WRONGPASS", "NOPERM":
			return faultAuth
		case "OOM":
			return faultFull
		case "READONLY":
			return faultReadOnly
		case "LOADING":
			return faultLoading
		}
		if strings.Contains(answer.Error(), "AUTH") || strings.Contains(answer.Error(), "invalid password") {
			return faultAuth
		}
		return faultOther
	}
	var netErr net.Error
	switch {
	case errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &netErr) && netErr.Timeout():
		return faultTimeout
	}
	return faultConnection
}
