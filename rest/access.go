package rest

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// AuthMode says whether callers need a token.
type AuthMode string

// The modes.
const (
	AuthNone  AuthMode = "none"
	AuthToken AuthMode = "token"
)

// AccessOptions are what NewAccess needs.
type AccessOptions struct {
	// Fleet knows the tokens.
	Fleet *fleet.Manager
	Mode  AuthMode
	// AllowedHosts are the names that a Host header may carry in mode none,
	// beside IP addresses and localhost. Case and ports are ignored. May be nil.
	AllowedHosts []string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Access decides who may send a request at all. It guards the API and, applied
// by whoever wires the parts, the OpAMP path on the same port: no web page and
// no rebound DNS name drives the fleet of a person who only browses. It is safe
// for concurrent use.
type Access struct {
	fleet    *fleet.Manager
	mode     AuthMode
	hosts    map[string]bool
	sessions *sessions
}

// NewAccess makes an Access. Errors: an unknown mode, or no Fleet.
func NewAccess(o AccessOptions) (*Access, error) {
	if o.Mode != AuthNone && o.Mode != AuthToken {
		return nil, fmt.Errorf("auth mode is %q or %q, not %q", AuthNone, AuthToken, o.Mode)
	}
	if o.Fleet == nil {
		return nil, fmt.Errorf("access needs a fleet to ask about tokens")
	}
	hosts := map[string]bool{"localhost": true}
	for _, h := range o.AllowedHosts {
		if name, ok := hostname(h); ok {
			hosts[strings.ToLower(name)] = true
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Access{fleet: o.Fleet, mode: o.Mode, hosts: hosts, sessions: newSessions(o.Now)}, nil
}

// CheckHost refuses, in mode none, a request whose Host is neither an IP
// address, localhost nor allowed: a name that an attacker's DNS points at this
// server would make his page the same origin. In mode token the page has no
// token, and any name will do. Errors: Forbidden.
func (a *Access) CheckHost(r *http.Request) error {
	if a.mode != AuthNone {
		return nil
	}
	name, ok := hostname(r.Host)
	if ok {
		if a.hosts[strings.ToLower(name)] {
			return nil
		}
		if _, err := netip.ParseAddr(name); err == nil {
			return nil
		}
	}
	return fleet.Errorf(fleet.Forbidden,
		"the host %q is not served without tokens: use an IP address or localhost, or list it in the setting allowed_hosts", r.Host)
}

// CheckOrigin refuses a request that a page of another origin sent, in either
// mode. Callers that are no browsers send no Origin and pass. Errors: Forbidden.
func (a *Access) CheckOrigin(r *http.Request) error {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil
	}
	if len(origins) == 1 && sameOrigin(origins[0], r) {
		return nil
	}
	return fleet.Errorf(fleet.Forbidden, "the origin %q is not this server's own", strings.Join(origins, ", "))
}

// Authorize finds out who asks, by the Bearer token or, on the API, by a
// session's cookie, and whether the role allows action. In mode none everybody
// may do everything, whatever the headers hold. Errors: one for which
// IsUnauthenticated is true; Forbidden.
func (a *Access) Authorize(r *http.Request, action fleet.Action) (fleet.Caller, error) {
	caller, _, err := a.authorize(r, action)
	return caller, err
}

// authorize returns the session too, where it is by one.
func (a *Access) authorize(r *http.Request, action fleet.Action) (caller fleet.Caller, s *session, err error) {
	if a.mode == AuthNone {
		return fleet.Caller{Role: fleet.RoleAdmin}, nil, nil
	}
	if _, given := r.Header["Authorization"]; !given && strings.HasPrefix(r.URL.Path, Base+"/") {
		s = a.sessions.find(r)
	}
	if s != nil {
		caller, err = a.bySession(r, s)
	} else {
		caller, err = a.byToken(r)
	}
	if err != nil {
		return fleet.Caller{}, nil, err
	}
	if !caller.Role.May(action) {
		return caller, s, fleet.Errorf(fleet.Forbidden, "the token %q has the role %q, which does not allow this", caller.Name, caller.Role)
	}
	return caller, s, nil
}

func (a *Access) byToken(r *http.Request) (fleet.Caller, error) {
	text, ok := bearer(r.Header.Values("Authorization"))
	if !ok {
		return fleet.Caller{}, unauthenticated("a token is needed: send it as \"Authorization: Bearer TOKEN\"")
	}
	caller, ok := a.fleet.Authenticate(text)
	if !ok {
		return fleet.Caller{}, unauthenticated("the token is not known here")
	}
	return caller, nil
}

func (a *Access) bySession(r *http.Request, s *session) (fleet.Caller, error) {
	if err := checkSender(r); err != nil {
		return fleet.Caller{}, err
	}
	caller, ok := a.fleet.TokenCaller(s.tokenID)
	if !ok {
		a.sessions.end(s)
		return fleet.Caller{}, unauthenticated("the token that this session was made with is no more: sign in with another")
	}
	return caller, nil
}

// bearer reads the token from the values of the Authorization header. The
// scheme's case does not matter (RFC 9110, section 11.1).
func bearer(values []string) (string, bool) {
	if len(values) != 1 {
		return "", false
	}
	scheme, text, ok := strings.Cut(values[0], " ")
	text = strings.Trim(text, " ")
	return text, ok && strings.EqualFold(scheme, "Bearer") && text != ""
}

// hostname cuts the port off a Host header; false where it has no valid form.
func hostname(host string) (string, bool) {
	if rest, ok := strings.CutPrefix(host, "["); ok {
		name, port, ok := strings.Cut(rest, "]")
		addr, err := netip.ParseAddr(name)
		return name, ok && err == nil && addr.Is6() && (port == "" || strings.HasPrefix(port, ":"))
	}
	name, port, _ := strings.Cut(host, ":")
	return name, name != "" && !strings.Contains(port, ":")
}

func sameOrigin(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return false // "null" among them
	}
	scheme := requestScheme(r)
	return strings.EqualFold(u.Scheme, scheme) &&
		strings.EqualFold(withoutDefaultPort(u.Host, scheme), withoutDefaultPort(r.Host, scheme))
}

// requestScheme is https also where a proxy says that it took TLS off: a page of
// another origin cannot send that header without asking first, and is refused. Of
// several proxies the first to say so is the one that the browser speaks to.
func requestScheme(r *http.Request) string {
	said, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	if r.TLS != nil || strings.EqualFold(strings.TrimSpace(said), "https") {
		return "https"
	}
	return "http"
}

func withoutDefaultPort(host, scheme string) string {
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}
