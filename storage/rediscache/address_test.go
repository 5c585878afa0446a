package rediscache

import (
	"strings"
	"testing"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/mem"
)

func TestAddress(t *testing.T) {
	type want struct {
		network, addr, user, password string
		db                            int
		tls                           bool
	}
	cases := map[string]want{
		"localhost:6380":                    {"tcp", "localhost:6380", "", "", 0, false},
		"redis":                             {"tcp", "redis:6379", "", "", 0, false},
		"redis:":                            {"tcp", "redis:6379", "", "", 0, false},
		"10.0.0.1":                          {"tcp", "10.0.0.1:6379", "", "", 0, false},
		"::1":                               {"tcp", "[::1]:6379", "", "", 0, false},
		"[::1]":                             {"tcp", "[::1]:6379", "", "", 0, false},
		"[::1]:7000":                        {"tcp", "[::1]:7000", "", "", 0, false},
		" redis:1\n":                        {"tcp", "redis:1", "", "", 0, false},
		"redis://redis":                     {"tcp", "redis:6379", "", "", 0, false},
		"redis://:p%40ss@redis:1/2":         {"tcp", "redis:1", "", "p@ss", 2, false},
		"redis://user:pass@redis":           {"tcp", "redis:6379", "user", "pass", 0, false},
		"rediss://redis:1":                  {"tcp", "redis:1", "", "", 0, true},
		"unix:///run/redis.sock":            {"unix", "/run/redis.sock", "", "", 0, false},
		"unix://user:pass@/run/r.sock?db=4": {"unix", "/run/r.sock", "user", "pass", 4, false},
	}
	for url, w := range cases {
		o, err := clientOptions(url, time.Second)
		if err != nil {
			t.Errorf("clientOptions(%q) = %v, want nil", url, err)
			continue
		}
		if got := (want{o.Network, o.Addr, o.Username, o.Password, o.DB, o.TLSConfig != nil}); got != w {
			t.Errorf("clientOptions(%q) = %+v, want %+v", url, got, w)
		}
		if o.ReadTimeout != time.Second || o.DialTimeout != time.Second || o.MaxRetries != -1 {
			t.Errorf("clientOptions(%q) = timeouts %v, %v, retries %d, want 1s, 1s, -1", url, o.ReadTimeout, o.DialTimeout, o.MaxRetries)
		}
	}
}

// However the URL is wrong, the error does not repeat it: it may hold the password.
func TestAddressRefuses(t *testing.T) {
	const secret = "hush"
	for _, url := range []string{
		"", " ", "http://:hush@redis", "redis://:hush@redis:port", "redis://:hush#1@redis:6379", "redis://:hush@redis/db", "redis://:hush@redis/1/2",
		"redis://:hu%sh@redis", "redis://redis?hush=1", "redis://redis?db=hush", "user:hush@redis:6379", ":hush@redis", "unix://:hush@", "hush:hush:hush",
		"redis:6379/hush", "/run/hush.sock", "redis://:hush\x7f@redis",
	} {
		_, err := New(mem.New(), Options{URL: url})
		if fleet.KindOf(err) != fleet.Invalid || strings.Contains(err.Error(), secret) {
			t.Errorf("New(%q) = %v (%v), want Invalid without %q", url, err, fleet.KindOf(err), secret)
		}
	}
}
