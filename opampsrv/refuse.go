package opampsrv

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// refuse answers a request that is not taken, in words.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, why reason, status int, text string) {
	s.metrics.rejected[why].Inc()
	s.log.Debug("refused", "remote_address", r.RemoteAddr, "reason", why.String(), "status", status)
	http.Error(w, text, status)
}

// refuseForNow is refuse with 503 and a time after which to come back.
// Source: OpAMP, Throttling: at least 30 s are recommended; the random part keeps a herd from coming back as one.
func (s *Server) refuseForNow(w http.ResponseWriter, r *http.Request, why reason, text string) {
	w.Header().Set("Retry-After", seconds(s.retryAfter()))
	s.refuse(w, r, why, http.StatusServiceUnavailable, text)
}

func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// jittered is d and up to as much again.
func jittered(d time.Duration) time.Duration { return d + rand.N(d+1) }

// sameOrigin takes what no web page has sent, or one of this very host.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// isProtobuf reports whether a Content-Type is application/x-protobuf, whatever its case and parameters.
func isProtobuf(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(media), protobufType)
}

const protobufType = "application/x-protobuf"
