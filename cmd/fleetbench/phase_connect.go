package main

import (
	"context"
	"time"
)

// connected is what the connect phase found.
type connected struct {
	Seconds           float64 `json:"seconds"`
	PerSecond         float64 `json:"connects_per_second"`
	Errors            int64   `json:"errors"`
	ComponentsAsked   int64   `json:"components_asked"`
	FullStateAsked    int64   `json:"full_state_asked"`
	RSSBeforeMiB      float64 `json:"rss_before_mib,omitempty"`
	RSSMiB            float64 `json:"rss_mib,omitempty"`
	RSSAnonMiB        float64 `json:"rss_anon_mib,omitempty"`
	PeakMiB           float64 `json:"rss_peak_mib,omitempty"`
	RSSFileMiB        float64 `json:"rss_file_mib,omitempty"`
	KiBPerAgent       float64 `json:"kib_per_agent,omitempty"`       // what the agents added
	KiBPerAgentAndAll float64 `json:"kib_per_agent_plain,omitempty"` // everything, shared out
	Threads           int64   `json:"server_threads,omitempty"`
	cost
}

// connect brings every agent online with its full state, waits for the server to
// settle, and reads its memory.
func (b *bench) connect(ctx context.Context) error {
	before, err := b.usage()
	if err != nil {
		return err
	}
	spent, err := b.meter()
	if err != nil {
		return err
	}
	out := &connected{}
	b.report.Connect = out
	began := b.swarm.since()
	// Whatever is reached is reported, a phase cut short by its deadline included.
	defer func() {
		reached := b.swarm.online.Load()
		took := time.Duration(b.swarm.lastAt.Load()) - began
		out.Seconds = inSeconds(took)
		if took > 0 {
			out.PerSecond = rounded(float64(reached) / took.Seconds())
		}
		c := &b.swarm.counts
		out.Errors = c.dialErrors.Load() + c.drops.Load() + c.errorResponses.Load() + c.malformed.Load() + c.wrongUID.Load()
		out.ComponentsAsked, out.FullStateAsked = c.componentsAsked.Load(), c.fullStateAsked.Load()
	}()
	if err := b.swarm.launch(ctx, b.opts.connectRate, b.opts.connectParallel); err != nil {
		return err
	}
	all := int64(len(b.swarm.agents))
	if err := until(ctx, "wait for all agents to be connected and answered", func() bool { return b.swarm.online.Load() == all }); err != nil {
		return err
	}
	if err := rest(ctx, b.opts.settle); err != nil {
		return err
	}
	if out.cost, err = spent(); err != nil {
		return err
	}
	after, err := b.usage()
	if err != nil || after == nil {
		return err
	}
	out.RSSBeforeMiB, out.RSSMiB = mib(before.rss), mib(after.rss)
	out.RSSAnonMiB, out.RSSFileMiB = mib(after.rssAnon), mib(after.rssFile)
	out.KiBPerAgent = rounded(kib(after.rss-before.rss) / float64(all))
	out.KiBPerAgentAndAll = rounded(kib(after.rss) / float64(all))
	out.PeakMiB, out.Threads = mib(after.peak), after.threads
	return nil
}
