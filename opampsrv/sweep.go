package opampsrv

import (
	"context"
	"time"
)

// sweepUntil looks after the clocks of all connections until ctx ends: one look
// every few seconds in place of timers for each connection and message.
func (s *Server) sweepUntil(ctx context.Context) {
	defer close(s.swept)
	shortest := min(s.o.PingInterval, s.o.IdleTimeout, s.o.MessageTimeout)
	tick := time.NewTicker(min(max(shortest/8, 5*time.Millisecond), 5*time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, c := range s.sweep(s.clock()) {
				s.pool.submit(task{c, taskPing})
			}
		}
	}
}

// sweep ends the connections whose time has run out or whose credential is no
// more, and returns those to ping. It waits for nobody.
func (s *Server) sweep(now time.Duration) []*conn {
	revoked := s.revoked()
	s.mu.Lock()
	defer s.mu.Unlock()
	var quiet []*conn
	for _, c := range s.conns {
		began, heard := time.Duration(c.arriving.Load()), time.Duration(c.heardAt.Load())
		switch {
		case revoked[c.credential]:
			c.expire(revokedToken)
		case began != 0:
			if now-began > s.o.MessageTimeout {
				c.expire(tooLong)
			}
		case now-heard > s.o.IdleTimeout:
			c.expire(tooQuiet)
		case now-heard >= s.o.PingInterval && now-c.pingedAt >= s.o.PingInterval:
			c.pingedAt = now
			quiet = append(quiet, c)
		}
	}
	return quiet
}

// revoked finds the credentials of present connections that are no more. Each
// sweep asks, so that a connection which was let in while its credential was
// being revoked is found as well.
func (s *Server) revoked() map[string]bool {
	credentials := map[string]bool{}
	s.mu.Lock()
	for _, c := range s.conns {
		if c.credential != "" {
			credentials[c.credential] = false
		}
	}
	s.mu.Unlock()
	for credential := range credentials {
		credentials[credential] = s.o.Revoked(credential)
	}
	return credentials
}
