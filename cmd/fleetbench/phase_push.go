package main

import (
	"context"
	"fmt"
	"time"
)

// pushed is what the push phase found. All times run from the moment at which
// the POST is sent.
type pushed struct {
	PostMS    float64 `json:"post_answered_ms"`
	Offered   spread  `json:"offered"`
	AppliedMS float64 `json:"all_applied_ms"`
	Repeated  int64   `json:"repeated_offers"`
	cost
}

// pushedConfig is the configuration that is pushed: small, whole and valid. It
// differs in every run, so that no agent has it yet.
func pushedConfig(run string) string {
	return "# bench " + run + `
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:4317
processors:
  batch:
    timeout: 5s
exporters:
  debug:
    verbosity: basic
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
    metrics:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
`
}

// push creates one configuration whose selector takes all agents, and follows it
// until the server says that all have applied it.
func (b *bench) push(ctx context.Context) error {
	spent, err := b.meter()
	if err != nil {
		return err
	}
	all := len(b.swarm.agents)
	for _, a := range b.swarm.agents {
		a.caughtUp.Store(false)
	}
	repeated := b.swarm.counts.repeatedOffers.Load()
	offers := newSamples(all)
	b.swarm.offers.Store(offers)
	defer b.swarm.offers.Store(nil)
	out := &pushed{}
	b.report.Push = out

	now := time.Now()
	began := b.swarm.since()
	defer func() {
		sorted := offers.sorted()
		for i := range sorted {
			sorted[i] -= began
		}
		out.Offered = spreadOf(sorted)
		out.Repeated = b.swarm.counts.repeatedOffers.Load() - repeated
	}()
	took, err := b.api.createConfig(ctx, newConfig{
		Name:     fmt.Sprintf("bench-%d", now.UnixNano()),
		Config:   pushedConfig(now.Format(time.RFC3339Nano)),
		Selector: "env=bench",
		// The newest push wins over those of earlier runs against the same server.
		Priority: int(now.Unix() - time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Unix()),
	}, all)
	if err != nil {
		return err
	}
	out.PostMS = inMS(took)
	if err := until(ctx, "wait for all agents to be offered the configuration", func() bool { return offers.count() == all }); err != nil {
		return err
	}
	for {
		status, err := b.api.fleetStatus(ctx)
		if err != nil {
			return err
		}
		if status.Config.Applied >= all {
			break
		}
		if err := rest(ctx, 25*time.Millisecond); err != nil {
			return fmt.Errorf("wait for %d agents to be applied, %d are: %w", all, status.Config.Applied, err)
		}
	}
	out.AppliedMS = inMS(b.swarm.since() - began)
	out.cost, err = spent()
	return err
}
