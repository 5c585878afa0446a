package rest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"sync"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

const (
	// sessionCookie carries a session's id in the browser.
	sessionCookie = "ollystack_session"
	// sessionTime is how long a session lasts, whether it is used or not.
	sessionTime = 12 * time.Hour
	// sessionsPerToken bounds the memory; one more ends the token's oldest.
	sessionsPerToken = 100
)

// session is a browser that has signed in with a token.
type session struct {
	key     sessionKey
	tokenID string
	endsAt  time.Time
	ended   chan struct{} // closed when it ends before its time
}

// sessionKey is the SHA-256 of a session's id. The id itself is the browser's
// alone, and a look-up by hash tells nothing of it by the time that it takes.
type sessionKey [sha256.Size]byte

func keyOf(id string) sessionKey { return sha256.Sum256([]byte(id)) }

// sessions are those that are signed in. They are in memory only: a restart
// signs everybody out. Who a session belongs to is asked of the fleet with each
// request, so that none outlives its token. It is safe for concurrent use.
type sessions struct {
	now func() time.Time

	mu    sync.Mutex
	known map[sessionKey]*session
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, known: map[sessionKey]*session{}}
}

// begin makes a session of the token and its id, which is not kept.
func (s *sessions) begin(tokenID string) (*session, string) {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	id := base64.RawURLEncoding.EncodeToString(secret[:])
	made := &session{key: keyOf(id), tokenID: tokenID, endsAt: s.now().Add(sessionTime), ended: make(chan struct{})}

	s.mu.Lock()
	defer s.mu.Unlock()
	var oldest *session
	ofToken := 0
	for _, other := range s.known {
		if !other.endsAt.After(s.now()) {
			s.drop(other)
			continue
		}
		if other.tokenID == tokenID {
			ofToken++
			if oldest == nil || other.endsAt.Before(oldest.endsAt) {
				oldest = other
			}
		}
	}
	if ofToken >= sessionsPerToken {
		s.drop(oldest)
	}
	s.known[made.key] = made
	return made, id
}

// find returns the session that the request's cookie names; nil where there is
// none. Somebody else's server on this host may have set a cookie of the same
// name, so each is tried.
func (s *sessions) find(r *http.Request) *session {
	cookies := r.CookiesNamed(sessionCookie)
	if len(cookies) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range cookies {
		if found := s.known[keyOf(c.Value)]; found != nil {
			if found.endsAt.After(s.now()) {
				return found
			}
			s.drop(found)
		}
	}
	return nil
}

func (s *sessions) end(which *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(which)
}

// endOf ends every session of a token.
func (s *sessions) endOf(tokenID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.known {
		if other.tokenID == tokenID {
			s.drop(other)
		}
	}
}

// drop ends a session, once. The caller holds mu.
func (s *sessions) drop(which *session) {
	if _, there := s.known[which.key]; there {
		delete(s.known, which.key)
		close(which.ended)
	}
}

// checkSender refuses a request by cookie that no page of this server sent: the
// browser adds the cookie by itself, whoever made it send the request. What only
// reads may come from the address bar, and from a browser that does not say.
// Errors: Forbidden.
func checkSender(r *http.Request) error {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin":
		return nil
	case "none":
		if reads {
			return nil
		}
	case "":
		origin := r.Header.Get("Origin")
		if reads && origin == "" || sameOrigin(origin, r) {
			return nil
		}
	}
	return fleet.Errorf(fleet.Forbidden,
		"a session counts for requests that a page of this server sends: a write needs its Origin; programs send a token instead")
}
