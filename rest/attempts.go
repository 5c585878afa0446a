package rest

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// attemptsAtOnce is how many sign-ins of one address may fail in a row.
	attemptsAtOnce = 10
	// attemptEvery is how long it takes until one more may.
	attemptEvery = 6 * time.Second
	// addressesKept bounds the memory of failures.
	addressesKept = 4096
)

// attempts slows down who guesses tokens. A token has too many bits to be
// guessed; this keeps the noise down. It is safe for concurrent use.
type attempts struct {
	now func() time.Time

	mu     sync.Mutex
	failed map[netip.Prefix]*rate.Limiter
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, failed: map[netip.Prefix]*rate.Limiter{}}
}

// wait is how long the address has to wait before it may try again; 0 where it may now.
func (a *attempts) wait(r *http.Request) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.failed[addressOf(r)]
	if l == nil {
		return 0
	}
	missing := 1 - l.TokensAt(a.now())
	return max(0, time.Duration(missing*float64(attemptEvery)))
}

// fail counts a sign-in that was refused.
func (a *attempts) fail(r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	address, now := addressOf(r), a.now()
	if a.failed[address] == nil {
		if len(a.failed) >= addressesKept {
			a.forget(now)
		}
		a.failed[address] = rate.NewLimiter(rate.Every(attemptEvery), attemptsAtOnce)
	}
	a.failed[address].AllowN(now, 1)
}

// forget makes room: first those who have waited long enough, and where so many
// addresses fail at once that this is not enough, all. The caller holds mu.
func (a *attempts) forget(now time.Time) {
	for address, l := range a.failed {
		if l.TokensAt(now) >= attemptsAtOnce {
			delete(a.failed, address)
		}
	}
	if len(a.failed) >= addressesKept {
		clear(a.failed)
	}
}

// addressOf is who is counted together: an IPv4 address, or the /64 that one
// subscriber has of IPv6. Behind a proxy that is the proxy.
func addressOf(r *http.Request) netip.Prefix {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{} // all who have none together
	}
	address = address.Unmap().WithZone("")
	bits := 64
	if address.Is4() {
		bits = 32
	}
	prefix, _ := address.Prefix(bits) // both fit
	return prefix
}
