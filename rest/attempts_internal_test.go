package rest

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestAddressesAreCountedApart(t *testing.T) {
	now := time.Now()
	a := newAttempts(func() time.Time { return now })
	from := func(address string) *http.Request { return &http.Request{RemoteAddr: address} }
	for range attemptsAtOnce {
		a.fail(from("192.0.2.1:1"))
		a.fail(from("[2001:db8::1]:1"))
	}
	for address, waits := range map[string]bool{
		"192.0.2.1:2": true, "[::ffff:192.0.2.1]:3": true, "192.0.2.2:1": false,
		"[2001:db8::ffff]:2": true, "[2001:db8:0:1::1]:1": false, "": false,
	} {
		if got := a.wait(from(address)) > 0; got != waits {
			t.Errorf("wait(%q) > 0 = %v, want %v", address, got, waits)
		}
	}
	now = now.Add(attemptEvery)
	if got := a.wait(from("192.0.2.1:2")); got != 0 {
		t.Errorf("wait() later = %v, want 0", got)
	}
}

func TestAddressesAreBounded(t *testing.T) {
	now := time.Now()
	a := newAttempts(func() time.Time { return now })
	fail := func(n int) {
		a.fail(&http.Request{RemoteAddr: fmt.Sprintf("10.%d.%d.%d:1", n>>16, n>>8&255, n&255)})
	}
	for n := range 3 * addressesKept {
		fail(n)
		if len(a.failed) > addressesKept {
			t.Fatalf("%d addresses are kept, want at most %d", len(a.failed), addressesKept)
		}
	}
	// Who has waited long enough makes room, and who has not stays.
	clear(a.failed)
	for n := range addressesKept - 1 {
		fail(n)
	}
	now = now.Add(attemptsAtOnce * attemptEvery)
	fail(addressesKept)
	fail(addressesKept + 1)
	if got := len(a.failed); got != 2 {
		t.Errorf("%d addresses are kept after the others have waited, want 2", got)
	}
}
