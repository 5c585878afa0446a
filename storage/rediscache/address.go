package rediscache

import (
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/ollystack/control-plane/fleet"
)

const defaultPort = "6379"

// clientOptions turns an operator's URL into what the client wants. Errors:
// Invalid; its message never quotes the URL or a part of it, as any part of a
// mistyped one may be the password.
func clientOptions(rawURL string, timeout time.Duration) (*redis.Options, error) {
	o, err := parseAddress(strings.TrimSpace(rawURL))
	if err != nil {
		return nil, err
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	// We decide ourselves when to try again, in one place.
	o.MaxRetries, o.DialerRetries = -1, 1
	o.PoolSize, o.MaxActiveConns = poolSize, poolSize
	o.MinIdleConns, o.PipelinePoolSize = 0, -1
	// The plain protocol that every server and its relatives speak, and no
	// announcements from the server.
	o.Protocol, o.DisableIdentity = 2, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o, nil
}

func parseAddress(s string) (*redis.Options, error) {
	switch {
	case s == "":
		return nil, fleet.Errorf(fleet.Invalid, "the Redis URL is empty")
	case strings.Contains(s, "://"):
		o, err := redis.ParseURL(s)
		if err != nil {
			return nil, fleet.Errorf(fleet.Invalid, "the Redis URL cannot be read: it is host:port, redis://, rediss:// or unix://, "+
				"with special characters in the password percent-encoded")
		}
		return o, nil
	case strings.ContainsAny(s, "@/?#"):
		return nil, fleet.Errorf(fleet.Invalid, "the Redis URL cannot be read: more than host:port begins with redis://, rediss:// or unix://")
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = strings.Trim(s, "[]"), defaultPort
		if strings.Contains(host, ":") && net.ParseIP(host) == nil {
			return nil, fleet.Errorf(fleet.Invalid, "the Redis URL cannot be read as host:port")
		}
	}
	if port == "" {
		port = defaultPort
	}
	return &redis.Options{Network: "tcp", Addr: net.JoinHostPort(host, port)}, nil
}
