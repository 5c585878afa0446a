package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/internal/settings"
	"github.com/ollystack/control-plane/opampsrv"
	"github.com/ollystack/control-plane/rest"
	"github.com/ollystack/control-plane/storage/bolt"
	"github.com/ollystack/control-plane/storage/rediscache"
	"github.com/ollystack/control-plane/validate"
	"github.com/ollystack/control-plane/web"
)

// Options are what Run needs.
type Options struct {
	Settings settings.Settings
	Build    Build
	// Logger is the server's log; nil discards.
	Logger *slog.Logger
	// Stdout is told, once the server is ready, where it is and what to try next; nil tells nobody.
	Stdout io.Writer
	// Ready, if set, is called once with the address that the server listens
	// on, when it is about to answer. It must not block.
	Ready func(net.Addr)
	// Supervision is told that the server is ready, how it does, and that it stops.
	Supervision Supervision
}

// Build says which program this is.
type Build struct {
	Version string // as `ollystack version` prints it
	Commit  string // may be empty
}

// Run runs the server until ctx is done, then stops it within
// Settings.ShutdownTimeout and returns nil, or what went wrong on the way. A
// start that fails stops what had started. A ctx that ends during the start is
// no error.
func Run(ctx context.Context, o Options) (err error) {
	s, log := o.Settings, o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	parts := teardown{log: log}
	watched := &supervised{Supervision: o.Supervision, log: log}
	defer func() {
		watched.stopping(s.ShutdownTimeout)
		if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
			err = nil // it was to stop, and stops
		}
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.ShutdownTimeout)
		defer cancel()
		err = errors.Join(err, parts.unwind(drain))
		watched.ended(err)
		log.Info("stopped")
	}()

	log.Info("starting", "version", o.Build.Version, "listen", s.Listen, "data_dir", s.DataDir, "auth_mode", string(s.EffectiveAuthMode()))
	for _, warning := range append(s.Warnings(), openFilesWarning(s.OpAMP.MaxConnections)...) {
		log.Warn(warning) //nolint:sloglint // sentences for the operator, from a closed list
	}
	registry, err := newRegistry(o.Build)
	if err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	cert, err := loadCertificate(s.TLS, log, registry)
	if err != nil {
		return fmt.Errorf("load the certificate: %w", err)
	}

	watched.starting("Opening the store in " + s.DataDir)
	if err := makeDataDir(s.DataDir); err != nil {
		return err
	}
	backedUp, err := newLastBackup(s.DataDir, log, registry)
	if err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	file, err := bolt.Open(bolt.Options{
		Path: StoreFile(s.DataDir), Logger: log, Registerer: registry, MinFreeBytes: uint64(s.Store.MinFreeBytes),
	})
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	var store fleet.Store = file
	checks := []rest.NamedCheck{{Name: "storage", Run: file.Check}, {Name: "redis", Run: disabled}}
	if s.Redis.URL != "" {
		cache, err := rediscache.New(file, redisOptions(s.Redis, log, registry))
		if err != nil {
			return errors.Join(fmt.Errorf("use redis.url: %w", err), file.Close())
		}
		store, checks[1].Run = cache, cache.Check
	}
	parts.push("store", func(context.Context) error { return store.Close() })

	if s.EffectiveAuthMode() == settings.AuthToken {
		if err := ensureTokens(ctx, store, s.DataDir, time.Now(), log); err != nil {
			return fmt.Errorf("make the first tokens: %w", err)
		}
	}
	manager, err := fleet.Open(ctx, fleetOptions(s, store, validate.New(), log, newAppliedSeconds(registry)))
	if err != nil {
		return err
	}
	parts.push("fleet", manager.Close)

	access, err := rest.NewAccess(rest.AccessOptions{
		Fleet: manager, Mode: rest.AuthMode(s.EffectiveAuthMode()), AllowedHosts: s.AllowedHosts,
	})
	if err != nil {
		return err
	}
	dashboard, err := web.New()
	if err != nil {
		return err
	}
	ending := make(chan struct{}) // closed when requests are to come to an end
	api, err := rest.New(rest.Options{
		Fleet: manager, Access: access, Dashboard: dashboard, Logger: log, Registerer: registry, Gatherer: registry,
		Backup: backups(manager, file), BackedUp: backedUp.fetched,
		PackagesDir: s.Packages.Dir, AgentPath: s.OpAMP.Path, Version: o.Build.Version,
		Checks: checks, MaxBody: int64(s.HTTP.MaxBodySize), ReadTimeout: s.HTTP.ReadTimeout, Done: ending,
	})
	if err != nil {
		return fmt.Errorf("make the HTTP API: %w", err)
	}
	listener, err := listen(ctx, s.Listen)
	if err != nil {
		return err
	}
	agents, err := opampsrv.New(opampOptions(s, manager, access, log, registry))
	if err != nil {
		return errors.Join(fmt.Errorf("make the OpAMP server: %w", err), listener.Close())
	}

	front := newFront(s, listener, cert, byPath(s.OpAMP.Path, agents, api), log)
	parts.push("connections", func(ctx context.Context) error {
		close(ending)
		return front.stop(ctx, agents)
	})
	failed := front.start()
	parts.push("memory", startSettling())
	log.Info("ready", "address", listener.Addr().String(), "tls", s.TLS.Enabled())
	if o.Stdout != nil {
		printHints(o.Stdout, s, o.Build, listener.Addr())
	}
	watched.watch(newSelfCheck(listener.Addr(), s.TLS.Enabled(), manager.FleetStatus).run)
	if o.Ready != nil {
		o.Ready(listener.Addr())
	}
	select {
	case <-ctx.Done():
		log.Info("stopping", "within", s.ShutdownTimeout)
		return nil
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	}
}

func disabled(context.Context) fleet.Check { return fleet.Check{Status: fleet.CheckDisabled} }
