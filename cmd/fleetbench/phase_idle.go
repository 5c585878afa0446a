package main

import (
	"context"
	"errors"
)

// idled is what the idle phase found.
type idled struct {
	Seconds       float64 `json:"seconds"`
	Heartbeats    int64   `json:"heartbeats"`
	WrittenBytes  int64   `json:"server_written_bytes"`
	DataDirBefore int64   `json:"data_dir_bytes_before,omitempty"`
	DataDirAfter  int64   `json:"data_dir_bytes_after,omitempty"`
	CPUPercent    float64 `json:"server_cpu_percent_of_one_core"`
	RSSMiB        float64 `json:"rss_mib"`
	PeakMiB       float64 `json:"rss_peak_mib"` // of the process's whole life, pushes included
	cost
}

// idle leaves the agents to their ordinary heartbeats and looks at what the
// server writes to disk meanwhile.
func (b *bench) idle(ctx context.Context) error {
	if err := rest(ctx, b.opts.settle); err != nil {
		return err
	}
	before, err := b.usage()
	if err != nil {
		return err
	}
	if before == nil {
		return errors.New("the idle phase needs --exec or --server-pid")
	}
	spent, err := b.meter()
	if err != nil {
		return err
	}
	out := &idled{Seconds: b.opts.idle.Seconds()}
	b.report.Idle = out
	if b.server != nil {
		if out.DataDirBefore, err = b.server.diskBytes(); err != nil {
			return err
		}
	}
	sent := b.swarm.counts.sent.Load()
	if err := rest(ctx, b.opts.idle); err != nil {
		return err
	}
	after, err := b.usage()
	if err != nil {
		return err
	}
	out.Heartbeats = b.swarm.counts.sent.Load() - sent
	out.WrittenBytes = after.written - before.written
	out.RSSMiB, out.PeakMiB = mib(after.rss), mib(after.peak)
	if b.server != nil {
		if out.DataDirAfter, err = b.server.diskBytes(); err != nil {
			return err
		}
	}
	if out.cost, err = spent(); err != nil {
		return err
	}
	out.CPUPercent = rounded(100 * out.ServerCPUSeconds / out.Seconds)
	return nil
}
