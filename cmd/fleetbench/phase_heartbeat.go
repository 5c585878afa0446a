package main

import (
	"context"
	"errors"
	"time"
)

// beaten is what the heartbeat phase found.
type beaten struct {
	Sent        int64   `json:"sent"`
	Missing     int64   `json:"missing_answers"`
	Offline     int64   `json:"not_sent_offline"`
	PerSecond   float64 `json:"heartbeats_per_second"`
	CPUMSPer1k  float64 `json:"server_cpu_ms_per_1000,omitempty"`
	ToolMSPer1k float64 `json:"tool_cpu_ms_per_1000,omitempty"`
	Latency     spread  `json:"latency"`
	cost
}

// beat sends agent i's heartbeat. An agent that is offline sends none.
func (s *swarm) beat(i int) bool {
	err := s.agents[i].heartbeat()
	if err != nil && !errors.Is(err, errOffline) {
		s.note("cannot send", err)
	}
	return err == nil
}

// heartbeat lets every agent send its heartbeats at one fixed rate over all, and
// waits for the answers.
func (b *bench) heartbeat(ctx context.Context) error {
	c := &b.swarm.counts
	if err := b.quiet(ctx); err != nil {
		return err
	}
	spent, err := b.meter()
	if err != nil {
		return err
	}
	n := len(b.swarm.agents) * b.opts.heartbeats
	latencies := newSamples(n)
	b.swarm.latencies.Store(latencies)
	defer b.swarm.latencies.Store(nil)
	sent, received := c.sent.Load(), c.received.Load()
	out := &beaten{}
	b.report.Heartbeat = out
	began := time.Now()
	err = pace(ctx, b.opts.heartbeatRate, n, func(i int) {
		if !b.swarm.beat(i % len(b.swarm.agents)) {
			out.Offline++
		}
	})
	took := time.Since(began)
	if err != nil {
		return err
	}
	missing := func() int64 { return (c.sent.Load() - sent) - (c.received.Load() - received) }
	grace, cancel := context.WithTimeout(ctx, b.opts.answerGrace)
	defer cancel()
	_ = until(grace, "", func() bool { return missing() <= 0 }) // what it does not see is counted below
	if out.cost, err = spent(); err != nil {
		return err
	}
	out.Sent, out.Missing = c.sent.Load()-sent, max(missing(), 0)
	out.PerSecond = rounded(float64(out.Sent) / took.Seconds())
	out.Latency = spreadOf(latencies.sorted())
	if answered := out.Sent - out.Missing; answered > 0 {
		out.CPUMSPer1k = rounded(out.ServerCPUSeconds * 1e6 / float64(answered))
		out.ToolMSPer1k = rounded(out.ToolCPUSeconds * 1e6 / float64(answered))
	}
	return nil
}

// quiet waits until answers to what was sent before have had time to come: until
// nothing has been received for a while.
func (b *bench) quiet(ctx context.Context) error {
	const calm = 300 * time.Millisecond
	for {
		before := b.swarm.counts.received.Load()
		if err := rest(ctx, calm); err != nil {
			return err
		}
		if b.swarm.counts.received.Load() == before {
			return nil
		}
	}
}
