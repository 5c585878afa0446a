package rest_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// browser is somebody who has signed in: it sends the cookie, as a browser does.
type browser struct {
	*world
	cookie *http.Cookie
}

// signIn trades a token for a session, as the page does.
func (w *world) signIn(token string, options ...option) *browser {
	w.t.Helper()
	got := w.do("POST", "/api/v1/session", map[string]any{"token": token}, options...)
	got.want(http.StatusOK)
	cookies := (&http.Response{Header: got.header}).Cookies()
	if len(cookies) != 1 || cookies[0].Name != "ollystack_session" || len(cookies[0].Value) < 32 {
		w.t.Fatalf("POST /session = Set-Cookie %v, want one ollystack_session", got.header["Set-Cookie"])
	}
	return &browser{world: w, cookie: cookies[0]}
}

// do sends a request as the page does.
func (b *browser) do(method, path string, body any, options ...option) answer {
	b.t.Helper()
	return b.world.do(method, path, body, append(b.options(method), options...)...)
}

func (b *browser) options(method string) []option {
	out := []option{func(r *http.Request) { r.AddCookie(&http.Cookie{Name: b.cookie.Name, Value: b.cookie.Value}) }}
	if method != http.MethodGet && method != http.MethodHead {
		out = append(out, header("Origin", b.server.URL))
	}
	return out
}

// without takes a header off.
func without(name string) option {
	return func(r *http.Request) { r.Header.Del(name) }
}

// clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

func (c *clock) set(s *setup) {
	withTokens(s)
	s.access.Now, s.rest.Now = c.Now, c.Now
}

func TestSessionLifecycle(t *testing.T) {
	w := newWorld(t, withTokens)
	w.do("GET", "/api/v1/session", nil).problem(http.StatusUnauthorized)
	b := w.signIn(w.newToken(fleet.RoleAdmin))
	if c := b.cookie; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 12*60*60 || c.Secure {
		t.Errorf("cookie = %+v, want it for this server alone, for 12 hours, and no script", c)
	}
	got := b.do("GET", "/api/v1/session", nil)
	d := got.want(http.StatusOK)
	d.is("auth_mode", "token")
	d.is("name", "test-admin")
	d.is("role", "admin")
	ends, err := time.Parse(time.RFC3339, d.text("expires_at"))
	if left := time.Until(ends); err != nil || left < 11*time.Hour || left > 12*time.Hour {
		t.Errorf("expires_at = %v, %v; want 12 hours from now", ends, err)
	}
	if strings.Contains(string(got.body), b.cookie.Value) {
		t.Error("GET /session shows the id of the session")
	}

	b.do("GET", "/api/v1/agents", nil).want(http.StatusOK)
	b.do("GET", "/api/v1/health", nil).want(http.StatusOK).is("version", "1.2.3")
	b.do("POST", "/api/v1/configs", map[string]any{"name": "c", "config": goodConfig(1)}).want(http.StatusCreated)

	gone := b.do("DELETE", "/api/v1/session", nil)
	gone.want(http.StatusNoContent)
	if c := gone.header.Get("Set-Cookie"); !strings.HasPrefix(c, "ollystack_session=;") || !strings.Contains(c, "Max-Age=0") {
		t.Errorf("DELETE /session = Set-Cookie %q, want it taken away", c)
	}
	b.do("GET", "/api/v1/session", nil).problem(http.StatusUnauthorized)
	b.do("DELETE", "/api/v1/session", nil).problem(http.StatusUnauthorized)
}

func TestSessionByToken(t *testing.T) {
	w := newWorld(t, withTokens)
	w.token = w.newToken(fleet.RoleRead)
	d := w.do("GET", "/api/v1/session", nil).want(http.StatusOK)
	d.is("role", "read")
	d.is("expires_at", nil)
	w.do("DELETE", "/api/v1/session", nil).want(http.StatusNoContent)
	w.do("GET", "/api/v1/session", nil).want(http.StatusOK)
}

func TestSessionInModeNone(t *testing.T) {
	w := newWorld(t)
	got := w.do("POST", "/api/v1/session", map[string]any{"token": "whatever"})
	for _, d := range []document{got.want(http.StatusOK), w.do("GET", "/api/v1/session", nil).want(http.StatusOK)} {
		d.is("auth_mode", "none")
		d.is("name", "")
		d.is("role", "admin")
		d.is("expires_at", nil)
	}
	if c := got.header.Get("Set-Cookie"); c != "" {
		t.Errorf("POST /session in mode none = Set-Cookie %q, want none", c)
	}
	w.do("DELETE", "/api/v1/session", nil).want(http.StatusNoContent)
}

func TestSignInIsRefused(t *testing.T) {
	w := newWorld(t, withTokens)
	refused := func(token string) answer { return w.do("POST", "/api/v1/session", map[string]any{"token": token}) }
	refused("olly_wrong").problem(http.StatusUnauthorized, "not known")
	refused(w.newToken(fleet.RoleAgent)).problem(http.StatusForbidden, "agent", "admin or read")
	w.do("POST", "/api/v1/session", map[string]any{"token": w.newToken(fleet.RoleAdmin)}, header("Origin", "http://evil.example")).
		problem(http.StatusForbidden, "evil.example")
	// A caller who is not known does not make the server read much.
	w.do("POST", "/api/v1/session", `{"token":"`+strings.Repeat("x", 16<<10)+`"}`).problem(http.StatusRequestEntityTooLarge, "16384")
	for _, id := range []string{"", "nonsense", "olly_" + strings.Repeat("x", 43)} {
		w.do("GET", "/api/v1/agents", nil, header("Cookie", "ollystack_session="+id)).problem(http.StatusUnauthorized)
	}
}

func TestSessionOfAReader(t *testing.T) {
	w := newWorld(t, withTokens)
	b := w.signIn(w.newToken(fleet.RoleRead))
	b.do("GET", "/api/v1/configs", nil).want(http.StatusOK)
	b.do("GET", "/api/v1/tokens", nil).problem(http.StatusForbidden, "read")
	b.do("POST", "/api/v1/configs", map[string]any{"name": "c", "config": goodConfig(1)}).problem(http.StatusForbidden, "read")
	b.do("DELETE", "/api/v1/session", nil).want(http.StatusNoContent)
}

func TestSessionCookieIsSecureOverTLS(t *testing.T) {
	w := newWorld(t, withTokens, func(s *setup) { s.tls = true })
	if b := w.signIn(w.newToken(fleet.RoleAdmin)); !b.cookie.Secure {
		t.Error("cookie over TLS is not Secure")
	}
	plain := newWorld(t, withTokens)
	if b := plain.signIn(plain.newToken(fleet.RoleAdmin), header("X-Forwarded-Proto", "https")); !b.cookie.Secure {
		t.Error("cookie behind a proxy that took TLS off is not Secure")
	}
	// Behind two, of which the second heard the first without TLS and says so too.
	ownOrigin := header("Origin", strings.Replace(plain.server.URL, "http:", "https:", 1))
	if b := plain.signIn(plain.newToken(fleet.RoleAdmin), header("X-Forwarded-Proto", "https, http"), ownOrigin); !b.cookie.Secure {
		t.Error("cookie behind two proxies, the first of which took TLS off, is not Secure")
	}
}

func TestSessionsEndWithTheirToken(t *testing.T) {
	w := newWorld(t, withTokens)
	w.token = w.newToken(fleet.RoleAdmin)
	d := w.do("POST", "/api/v1/tokens", map[string]any{"name": "guest", "role": "admin"}).want(http.StatusCreated)
	other := w.signIn(w.token)
	b := w.signIn(d.text("token"))
	w.token = ""
	stream := w.follow("", b.options("GET")...)
	b.do("GET", "/api/v1/agents", nil).want(http.StatusOK)
	b.do("DELETE", "/api/v1/tokens/"+d.text("id"), nil).want(http.StatusNoContent) // its own
	b.do("GET", "/api/v1/agents", nil).problem(http.StatusUnauthorized)
	if line, err := stream.lines.ReadString('\n'); err == nil {
		t.Errorf("stream of events after its token = %q, want its end", line)
	}
	other.do("GET", "/api/v1/agents", nil).want(http.StatusOK)
}

// A stream by the token itself carries nothing any more once it is deleted.
func TestEventsEndWithTheirToken(t *testing.T) {
	w := newWorld(t, withTokens, func(s *setup) { s.rest.KeepAlive = 10 * time.Millisecond })
	admin := w.newToken(fleet.RoleAdmin)
	w.token = admin
	d := w.do("POST", "/api/v1/tokens", map[string]any{"name": "guest", "role": "read"}).want(http.StatusCreated)
	w.token = d.text("token")
	stream := w.follow("")
	stream.is(": keep-alive\n")
	w.token = admin
	w.do("DELETE", "/api/v1/tokens/"+d.text("id"), nil).want(http.StatusNoContent)
	w.do("POST", "/api/v1/configs", map[string]any{"name": "c", "config": goodConfig(1)}).want(http.StatusCreated)
	for {
		line, err := stream.lines.ReadString('\n')
		if err != nil {
			return
		}
		if line != "\n" && line != ": keep-alive\n" {
			t.Fatalf("stream of events after its token = %q, want its end", line)
		}
	}
}

// Whoever revokes a token past the API ends its sessions too.
func TestSessionIsWorthNothingWithoutItsToken(t *testing.T) {
	w := newWorld(t, withTokens)
	b := w.signIn(w.newToken(fleet.RoleAdmin))
	if err := w.fleet.RevokeToken(t.Context(), w.fleet.Tokens()[0].ID); err != nil {
		t.Fatalf("RevokeToken() = %v", err)
	}
	b.do("GET", "/api/v1/agents", nil).problem(http.StatusUnauthorized, "sign in with another")
}

func TestSessionEndsInTime(t *testing.T) {
	c := newClock()
	w := newWorld(t, c.set)
	b := w.signIn(w.newToken(fleet.RoleAdmin))
	c.advance(12*time.Hour - time.Second)
	b.do("GET", "/api/v1/agents", nil).want(http.StatusOK)
	stream := w.follow("", b.options("GET")...) // a second is left
	c.advance(time.Second)
	b.do("GET", "/api/v1/agents", nil).problem(http.StatusUnauthorized)
	if line, err := stream.lines.ReadString('\n'); err == nil {
		t.Errorf("stream of events after the session = %q, want its end", line)
	}
}

func TestEventsEndAtSignOut(t *testing.T) {
	w := newWorld(t, withTokens)
	token := w.newToken(fleet.RoleAdmin)
	b, other := w.signIn(token), w.signIn(token)
	stream, others := w.follow("", b.options("GET")...), w.follow("", other.options("GET")...)
	b.do("DELETE", "/api/v1/session", nil).want(http.StatusNoContent)
	if line, err := stream.lines.ReadString('\n'); err == nil {
		t.Errorf("stream of events after the sign-out = %q, want its end", line)
	}
	other.do("POST", "/api/v1/configs", map[string]any{"name": "c", "config": goodConfig(1)}).want(http.StatusCreated)
	others.want("config.created")
}

func TestWritesByCookieComeFromThisServersPages(t *testing.T) {
	w := newWorld(t, withTokens)
	b := w.signIn(w.newToken(fleet.RoleAdmin))
	for name, c := range map[string]struct {
		origin, site string
		read, write  int
	}{
		"neither":                  {"", "", 200, 403},
		"own origin":               {"own", "", 200, 201},
		"own origin and site":      {"own", "same-origin", 200, 201},
		"own site alone":           {"", "same-origin", 200, 201},
		"the address bar":          {"", "none", 200, 403},
		"another port's page":      {"", "same-site", 403, 403},
		"another site's page":      {"", "cross-site", 403, 403},
		"another origin":           {"http://evil.example", "", 403, 403},
		"another that says it own": {"http://evil.example", "same-origin", 403, 403},
		"own that says another":    {"own", "cross-site", 403, 403},
		"none":                     {"null", "", 403, 403},
	} {
		sender := func(r *http.Request) {
			r.Header.Del("Origin")
			if c.origin == "own" {
				r.Header.Set("Origin", w.server.URL)
			} else if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.site != "" {
				r.Header.Set("Sec-Fetch-Site", c.site)
			}
		}
		config := map[string]any{"name": strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), "'", ""), "config": goodConfig(1)}
		if got := b.do("POST", "/api/v1/configs", config, sender); got.status != c.write {
			t.Errorf("POST by cookie from %s = %d, want %d", name, got.status, c.write)
		}
		if got := b.do("GET", "/api/v1/configs", nil, sender); got.status != c.read {
			t.Errorf("GET by cookie from %s = %d, want %d", name, got.status, c.read)
		}
	}
	// A sign-out is a write as well, and a refused one leaves the session as it is.
	b.do("DELETE", "/api/v1/session", nil, without("Origin")).problem(http.StatusForbidden, "Origin")
	b.do("GET", "/api/v1/session", nil).want(http.StatusOK)
}

func TestCookieCountsForTheAPIAlone(t *testing.T) {
	w := newWorld(t, withTokens)
	b := w.signIn(w.newToken(fleet.RoleAdmin))
	b.do("GET", "/metrics", nil).problem(http.StatusUnauthorized)
	b.do("GET", "/packages/some.deb", nil).problem(http.StatusUnauthorized)
	// A token counts instead of the cookie, also where it is worth less.
	b.do("GET", "/api/v1/agents", nil, header("Authorization", "Bearer olly_wrong")).problem(http.StatusUnauthorized)
	b.do("GET", "/api/v1/tokens", nil, header("Authorization", "Bearer "+w.newToken(fleet.RoleRead))).problem(http.StatusForbidden)
	// A cookie of the same name that another server on this host has set is in nobody's way.
	b.do("GET", "/api/v1/agents", nil, func(r *http.Request) {
		r.Header.Set("Cookie", "ollystack_session=theirs; ollystack_session="+b.cookie.Value)
	}).want(http.StatusOK)
}

func TestSessionsOfATokenAreBounded(t *testing.T) {
	c := newClock()
	w := newWorld(t, c.set)
	shared := w.newToken(fleet.RoleRead)
	other := w.signIn(w.newToken(fleet.RoleAdmin))
	first := w.signIn(shared)
	c.advance(time.Second)
	second := w.signIn(shared)
	for range 98 {
		c.advance(time.Second)
		w.signIn(shared)
	}
	first.do("GET", "/api/v1/session", nil).want(http.StatusOK)
	c.advance(time.Second)
	last := w.signIn(shared)
	first.do("GET", "/api/v1/session", nil).problem(http.StatusUnauthorized)
	for _, b := range []*browser{second, last, other} {
		b.do("GET", "/api/v1/session", nil).want(http.StatusOK)
	}
}

func TestFailedSignInsAreSlowedDown(t *testing.T) {
	c := newClock()
	w := newWorld(t, c.set)
	good := w.newToken(fleet.RoleAdmin)
	try := func(token string) answer { return w.do("POST", "/api/v1/session", map[string]any{"token": token}) }
	for range 20 {
		try(good).want(http.StatusOK) // those that succeed do not count
	}
	for range 10 {
		try("olly_wrong").problem(http.StatusUnauthorized)
	}
	for _, token := range []string{"olly_wrong", good} { // the answer does not tell whether the token was right
		got := try(token)
		got.problem(http.StatusTooManyRequests, "try again in")
		if wait, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || wait < 1 || wait > 6 {
			t.Errorf("Retry-After = %q, want 1 to 6 seconds", got.header.Get("Retry-After"))
		}
	}
	c.advance(6 * time.Second)
	try(good).want(http.StatusOK)
	try("olly_wrong").problem(http.StatusUnauthorized)
	try(good).problem(http.StatusTooManyRequests)
	// A token in the header is no sign-in.
	w.do("GET", "/api/v1/agents", nil, header("Authorization", "Bearer "+good)).want(http.StatusOK)
}
