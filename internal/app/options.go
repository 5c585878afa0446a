package app

import (
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/internal/redact"
	"github.com/ollystack/control-plane/internal/settings"
	"github.com/ollystack/control-plane/opampsrv"
	"github.com/ollystack/control-plane/rest"
	"github.com/ollystack/control-plane/storage/rediscache"
)

// fleetOptions hands the settings to the domain. Zero means "off" in the
// settings and "the default" in Options, so off is said in other words.
func fleetOptions(
	s settings.Settings, store fleet.Store, checker fleet.ConfigChecker, log *slog.Logger, applied prometheus.Observer,
) fleet.Options {
	return fleet.Options{
		Store:          store,
		Checker:        checker,
		Redact:         redactFiles,
		RedactText:     redact.Text,
		Logger:         log,
		FlushInterval:  s.Store.FlushInterval,
		MaxKnown:       s.Agents.MaxKnown,
		ForgetAfter:    s.Agents.ForgetAfter,
		HTTPTimeout:    s.Agents.HTTPTimeout,
		FullStateRate:  unpaced(s.Agents.FullStateRate),
		MaxAgents:      always(s.Guard.MaxAgents),
		ObserveApplied: func(took time.Duration) { applied.Observe(took.Seconds()) },
	}
}

// unpaced is so high a rate that nobody waits, where rate is 0.
func unpaced(rate int) int {
	if rate == 0 {
		return math.MaxInt32
	}
	return rate
}

// always is a number of agents that every change exceeds, where most is 0.
func always(most int) int {
	if most == 0 {
		return -1
	}
	return most
}

// opampOptions hands the settings to the OpAMP server, and the rules of access
// that hold on the whole port.
func opampOptions(
	s settings.Settings, manager *fleet.Manager, access *rest.Access, log *slog.Logger, registry prometheus.Registerer,
) opampsrv.Options {
	return opampsrv.Options{
		Fleet:      manager,
		Logger:     log,
		Registerer: registry,
		Authorize: func(r *http.Request) (string, bool) {
			caller, err := access.Authorize(r, fleet.ActionConnect)
			return caller.TokenID, err == nil
		},
		Revoked: func(credential string) bool {
			_, known := manager.TokenCaller(credential)
			return !known
		},
		CheckOrigin: func(r *http.Request) bool {
			return access.CheckHost(r) == nil && access.CheckOrigin(r) == nil
		},
		Compression:       s.OpAMP.Compression,
		MaxMessageSize:    int64(s.OpAMP.MaxMessageSize),
		MaxInflightBytes:  int64(s.OpAMP.MaxInflightBytes),
		MaxInflightShare:  int64(s.OpAMP.MaxInflightShare),
		MaxConnections:    s.OpAMP.MaxConnections,
		MaxConnectionRate: s.OpAMP.MaxConnectionRate,
		RetryAfter:        s.OpAMP.RetryAfter,
		HandshakeTimeout:  s.OpAMP.HandshakeTimeout,
		MessageTimeout:    s.OpAMP.MessageTimeout,
		WriteTimeout:      s.OpAMP.WriteTimeout,
		IdleTimeout:       s.OpAMP.IdleTimeout,
		PingInterval:      s.OpAMP.PingInterval,
		ProbeTimeout:      s.Agents.ProbeTimeout,
		MaxTreeDepth:      s.OpAMP.MaxTreeDepth,
		MaxTreeNodes:      s.OpAMP.MaxTreeNodes,
		MaxBadMessages:    s.OpAMP.MaxBadMessages,
	}
}

func redisOptions(s settings.Redis, log *slog.Logger, registry prometheus.Registerer) rediscache.Options {
	return rediscache.Options{
		URL: s.URL.Reveal(), KeyPrefix: s.KeyPrefix, Timeout: s.Timeout, Logger: log, Registerer: registry,
		Redact: redactStored,
	}
}
