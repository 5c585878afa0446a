package settings

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The checks here look at one value. As in kinds, errors never quote it.

func atLeast[T cmp.Ordered](least T) func(T) error {
	return func(v T) error {
		if v < least {
			return fmt.Errorf("must be at least %v", least)
		}
		return nil
	}
}

func positive(d time.Duration) error {
	if d <= 0 {
		return errors.New("must be more than zero")
	}
	return nil
}

func notNegative(d time.Duration) error {
	if d < 0 {
		return errors.New("must not be negative")
	}
	return nil
}

func notEmpty(s string) error {
	if s == "" {
		return errors.New("must not be empty")
	}
	return nil
}

// checkListen accepts host:port with an empty host, an IP address or a name, and a numeric port.
func checkListen(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return errors.New("wants host:port, such as 127.0.0.1:4320, or :4320 for every address")
	}
	if !isPort(port, 0) {
		return errors.New("wants a port from 0 to 65535 after the last colon")
	}
	if host != "" && !isHost(host) {
		return errors.New("wants an IP address or the name of a host before the port")
	}
	return nil
}

// checkPath accepts a clean path that is none of the API's own and means nothing special to the router.
func checkPath(s string) error {
	switch {
	case !pathForm.MatchString(s) || s == "/" || path.Clean(s) != s:
		return errors.New("wants a path that begins with a slash, such as /v1/opamp")
	case s == "/metrics" || s == "/api" || s == "/packages" || strings.HasPrefix(s, "/packages/") || strings.HasPrefix(s, "/api/"):
		return errors.New("must not be one of the API's own paths")
	}
	return nil
}

// checkRedisURL accepts nothing, host:port, redis://, rediss:// and unix://. It
// must not wrap what url.Parse returns: that quotes the address.
func checkRedisURL(u SecretURL) error {
	plain := u.Reveal()
	if plain == "" {
		return nil
	}
	if !strings.Contains(plain, "://") {
		host, port, err := net.SplitHostPort(plain)
		if err != nil || !isHost(host) || !isPort(port, 1) {
			return errors.New("wants host:port, redis://, rediss:// or unix://")
		}
		return nil
	}
	parsed, err := url.Parse(plain)
	if err != nil {
		return errors.New("wants a well-formed address (a password's special characters are written as %XX)")
	}
	switch parsed.Scheme {
	case "redis", "rediss":
		if !isHost(parsed.Hostname()) || (parsed.Port() != "" && !isPort(parsed.Port(), 1)) {
			return errors.New("wants the name of a host, and perhaps a port, after the scheme")
		}
		if db := strings.TrimPrefix(parsed.Path, "/"); db != "" {
			if _, err := strconv.ParseUint(db, 10, 31); err != nil {
				return errors.New("wants nothing but the database's number after the host")
			}
		}
	case "unix":
		if parsed.Host != "" || len(parsed.Path) < 2 {
			return errors.New("wants the socket's whole path, such as unix:///run/redis/redis.sock")
		}
	default:
		return errors.New("wants host:port, redis://, rediss:// or unix://")
	}
	return nil
}

var (
	pathForm = regexp.MustCompile(`^/[A-Za-z0-9._~/-]*$`)
	hostForm = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$`)
)

func isHostName(s string) bool { return hostForm.MatchString(s) }

func isHost(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil || isHostName(s)
}

func isPort(s string, least uint64) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n >= least
}
