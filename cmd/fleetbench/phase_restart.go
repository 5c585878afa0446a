package main

import (
	"context"
	"syscall"
	"time"
)

// restarted is what the restart phase found.
type restarted struct {
	Signal           string  `json:"signal"`
	StopSeconds      float64 `json:"stop_seconds"`                // from the signal to the process's end
	StartSeconds     float64 `json:"start_seconds"`               // from the start to the listener
	BackSinceListen  float64 `json:"all_back_since_listening_s"`  // until the last agent was answered again
	BackSinceStop    float64 `json:"all_back_since_stop_s"`       // the same, from the signal
	FailedDials      int64   `json:"failed_dials"`                // while the server was away, and later
	FullStateAsked   int64   `json:"full_state_asked"`            // agents asked for what they had told before
	LostBeats        int64   `json:"heartbeats_lost_in_the_stop"` // their agents' next sequence number shows a gap
	ComponentsAsked  int64   `json:"components_asked"`            //
	Offers           int64   `json:"offers"`                      // configurations sent to agents that had theirs
	Lost             int64   `json:"connections_lost_afterwards"` //
	AbruptDrops      int64   `json:"connections_lost_without_close_frame"`
	WatchedSeconds   float64 `json:"watched_seconds"`
	RSSMiB           float64 `json:"rss_mib"`
	ServerCPUSeconds float64 `json:"server_cpu_seconds"` // of the new process
}

// restart stops the server with all agents connected, starts it again with the
// same address and data, and waits until all agents are back.
func (b *bench) restart(ctx context.Context) error {
	c := &b.swarm.counts
	all := int64(len(b.swarm.agents))
	connects, dialErrors, drops := c.connects.Load(), c.dialErrors.Load(), c.drops.Load()
	full, parts, offers := c.fullStateAsked.Load(), c.componentsAsked.Load(), c.offers.Load()
	out := &restarted{Signal: b.opts.restartSignal, WatchedSeconds: b.opts.restartWatch.Seconds()}
	b.report.Restart = out
	defer func() {
		out.FailedDials = c.dialErrors.Load() - dialErrors
		out.FullStateAsked = c.fullStateAsked.Load() - full
		out.ComponentsAsked = c.componentsAsked.Load() - parts
		out.Offers = c.offers.Load() - offers
		out.Lost = max(c.drops.Load()-drops-all, 0)
	}()

	sig := map[string]syscall.Signal{"term": syscall.SIGTERM, "kill": syscall.SIGKILL}[b.opts.restartSignal]
	lost, abrupt := c.lostBeats.Load(), c.abruptDrops.Load()
	b.swarm.expectDrops.Store(true)
	stopping := b.swarm.since()
	took, err := b.server.stop(ctx, sig)
	if err != nil {
		return err
	}
	out.StopSeconds = inSeconds(took)
	took, err = b.server.start(ctx)
	if err != nil {
		return err
	}
	b.swarm.expectDrops.Store(false)
	listening := b.swarm.since()
	out.StartSeconds = inSeconds(took)
	err = until(ctx, "wait for all agents to be back", func() bool {
		return c.connects.Load()-connects >= all && b.swarm.online.Load() == all
	})
	if err != nil {
		return err
	}
	out.LostBeats = c.lostBeats.Load() - lost
	out.AbruptDrops = c.abruptDrops.Load() - abrupt
	back := time.Duration(b.swarm.lastAt.Load())
	out.BackSinceListen, out.BackSinceStop = inSeconds(back-listening), inSeconds(back-stopping)
	if err := rest(ctx, b.opts.restartWatch); err != nil {
		return err
	}
	u, err := b.usage()
	if err != nil {
		return err
	}
	out.RSSMiB, out.ServerCPUSeconds = mib(u.rss), inSeconds(u.cpu)
	return nil
}
