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
	before, err := b.settled(ctx)
	if err != nil {
		return err
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

// settled waits until the server has written nothing to disk for a while, so that
// what came before does not count as written while idle. A server that keeps
// writing is not waited for: it is what the phase is to find.
func (b *bench) settled(ctx context.Context) (*usage, error) {
	const patience = 10 // times the wait
	var before *usage
	for range patience {
		now, err := b.usage()
		if err != nil {
			return nil, err
		}
		if now == nil {
			return nil, errors.New("the idle phase needs --exec or --server-pid")
		}
		if before != nil && before.written == now.written {
			break
		}
		before = now
		if err := rest(ctx, b.opts.settle); err != nil {
			return nil, err
		}
	}
	return b.usage()
}
