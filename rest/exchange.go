package rest

import (
	"net/http"

	"github.com/google/uuid"
)

// requestIDHeader carries the id of a request, from the client where it is sane and back in every answer.
const requestIDHeader = "X-Request-Id"

const maxRequestID = 128

// exchange is one request's answer on its way, and what the log and the metrics want to know of it.
type exchange struct {
	http.ResponseWriter
	id     string // the request's
	route  string // the template that matched; empty while none has
	status int    // 0 until the header is written
	fault  error  // what went wrong while writing
	paced  bool   // how long it takes is up to the client: a stream, a file
}

func newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{ResponseWriter: w, id: r.Header.Get(requestIDHeader)}
	if !saneRequestID(x.id) {
		x.id = uuid.NewString()
	}
	w.Header().Set(requestIDHeader, x.id)
	return x
}

// WriteHeader notes the status.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write notes the status that a first write implies.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	return x.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// saneRequestID accepts what is safe to log and to send back: 1 to 128 printable ASCII characters without blanks.
func saneRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}
