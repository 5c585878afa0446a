package rest

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// sessionAnswer says who is asking. ExpiresAt is that of the session, where there is one.
type sessionAnswer struct {
	AuthMode  AuthMode   `json:"auth_mode"`
	Name      string     `json:"name"`
	Role      fleet.Role `json:"role"`
	ExpiresAt time.Time  `json:"expires_at,omitzero"`
}

type sessionContextKey struct{}

func withSession(ctx context.Context, s *session) context.Context {
	return context.WithValue(ctx, sessionContextKey{}, s)
}

// sessionOf returns the session by which the request is authorised; nil where it has a token of its own, or needs none.
func sessionOf(r *http.Request) *session {
	s, _ := r.Context().Value(sessionContextKey{}).(*session)
	return s
}

// signIn trades a token for a session.
func (a *api) signIn(r *http.Request) (reply, error) {
	body, err := a.jsonBody(r, jsonTypes...)
	if err != nil {
		return reply{}, err
	}
	var text string
	body.text("token", &text)
	if err := body.done(); err != nil {
		return reply{}, err
	}
	if text == "" {
		return reply{}, fleet.Errorf(fleet.Invalid, "field \"token\" is needed: the text of a token")
	}
	if a.access.mode == AuthNone { // whatever it holds
		return reply{body: sessionAnswer{AuthMode: AuthNone, Role: fleet.RoleAdmin}}, nil
	}
	if wait := a.attempts.wait(r); wait > 0 {
		return reply{}, &statusError{
			status: http.StatusTooManyRequests, retryAfter: int(math.Ceil(wait.Seconds())),
			detail: fmt.Sprintf("too many sign-ins from this address have failed; try again in %s", wait.Round(time.Second)),
		}
	}
	caller, ok := a.fleet.Authenticate(text)
	if !ok {
		a.attempts.fail(r)
		return reply{}, unauthenticated("the token is not known here")
	}
	if !caller.Role.May(fleet.ActionRead) {
		return reply{}, fleet.Errorf(fleet.Forbidden,
			"the token %q has the role %q, which does not look at anything: sign in with one of the role admin or read", caller.Name, caller.Role)
	}
	s, id := a.access.sessions.begin(caller.TokenID)
	a.log.InfoContext(r.Context(), "signed in", "token", caller.Name, "remote_address", r.RemoteAddr)
	return reply{body: newSessionAnswer(caller, s), cookie: newSessionCookie(r, id, sessionTime)}, nil
}

// newSessionAnswer is for token mode; s may be nil.
func newSessionAnswer(c fleet.Caller, s *session) sessionAnswer {
	answer := sessionAnswer{AuthMode: AuthToken, Name: c.Name, Role: c.Role}
	if s != nil {
		answer.ExpiresAt = s.endsAt.UTC()
	}
	return answer
}

func (a *api) showSession(r *http.Request) (reply, error) {
	caller, _ := fleet.CallerFrom(r.Context())
	answer := newSessionAnswer(caller, sessionOf(r))
	answer.AuthMode = a.access.mode
	return reply{body: answer}, nil
}

// signOut ends the session; where there is none there is nothing to end.
func (a *api) signOut(r *http.Request) (reply, error) {
	if s := sessionOf(r); s != nil {
		a.access.sessions.end(s)
	}
	return reply{status: http.StatusNoContent, cookie: newSessionCookie(r, "", -1)}, nil
}

// newSessionCookie is for this server alone: no script reads it, and no other
// site's page sends it. A lifetime below 0 takes it away.
func newSessionCookie(r *http.Request, id string, lifetime time.Duration) *http.Cookie {
	maxAge := -1
	if lifetime > 0 {
		maxAge = int(lifetime.Seconds())
	}
	return &http.Cookie{
		Name: sessionCookie, Value: id, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: requestScheme(r) == "https",
	}
}

// whileSignedIn returns a context that ends with the session by which the
// request is authorised, if it is by one.
func (a *api) whileSignedIn(r *http.Request) (context.Context, context.CancelFunc) {
	s := sessionOf(r)
	if s == nil {
		return context.WithCancel(r.Context())
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.endsAt.Sub(a.now()))
	go func() { // ends with the request at the latest
		select {
		case <-s.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
