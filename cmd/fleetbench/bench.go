package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"syscall"
	"time"
)

// bench is one run: the server, the swarm, and the report that the phases fill.
type bench struct {
	opts   options
	log    *slog.Logger
	swarm  *swarm
	server *server // nil where the server was there before
	api    *apiClient
	report report
}

// runBench runs the phases one after another. A phase that fails is noted in the
// report and ends the run; the error is for what kept the run from starting.
func runBench(ctx context.Context, opts options, log *slog.Logger) (report, error) {
	if _, err := raiseFileLimit(opts.agents); err != nil {
		return report{}, err
	}
	// Memory is cheaper here than time: a collection of ten thousand stacks would
	// fall into what is being measured.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	crowd, err := newSwarm(opts, log)
	if err != nil {
		return report{}, err
	}
	b := &bench{opts: opts, log: log, swarm: crowd, api: newAPIClient(&opts)}
	b.report = report{StartedAt: time.Now().UTC(), Machine: thisMachine(), Run: run{
		Agents: opts.agents, EffectiveConfigSize: len(crowd.body.text), FullStateBytes: crowd.fullStateBytes(), SameConfig: opts.sameConfig,
		Endpoint: opts.endpoint, Exec: opts.exec, Phases: opts.phases,
	}}
	if opts.exec != "" {
		server, cleanup, err := newServer(&opts, log)
		if err != nil {
			return report{}, err
		}
		defer cleanup()
		b.server = server
		log.Info("starting the server", "command", server.command)
		starting, cancel := context.WithTimeout(ctx, opts.phaseTimeout)
		_, err = server.start(starting)
		cancel()
		if err != nil {
			return report{}, err
		}
	}
	b.phases(ctx)
	b.finish()
	return b.report, nil
}

// phases runs what was asked for, with the agents' ordinary heartbeats beside it.
func (b *bench) phases(ctx context.Context) {
	ask := slices.DeleteFunc(slices.Clone(b.opts.phases), func(p string) bool { return p == phaseConnect })
	run := map[string]func(context.Context) error{
		phaseHeartbeat: b.heartbeat, phasePush: b.push, phaseList: b.list, phaseIdle: b.idle, phaseRestart: b.restart, phaseWatch: b.watch,
	}
	if !b.phase(ctx, phaseConnect, b.connect) {
		return
	}
	for _, name := range ask {
		still := func() {}
		if name != phaseHeartbeat {
			still = b.background(ctx)
		}
		ok := b.phase(ctx, name, run[name])
		still()
		if !ok {
			return
		}
	}
}

// phase runs one phase within its deadline and tells whether the next may follow.
func (b *bench) phase(ctx context.Context, name string, fn func(context.Context) error) bool {
	b.log.Info("phase begins", "phase", name)
	ctx, cancel := context.WithTimeoutCause(ctx, b.opts.phaseTimeout+b.extra(name), errors.New("the phase's deadline has passed"))
	defer cancel()
	began := time.Now()
	err := fn(ctx)
	if err != nil && b.server != nil {
		select {
		case <-b.server.ended:
			err = errors.Join(err, b.server.death())
		default:
		}
	}
	if err != nil {
		b.log.Error("phase failed", "phase", name, "err", err)
		b.report.Failures = append(b.report.Failures, name+": "+err.Error())
		return false
	}
	b.log.Info("phase ends", "phase", name, "seconds", inSeconds(time.Since(began)))
	return true
}

// extra is the time that a phase takes even when all goes well.
func (b *bench) extra(name string) time.Duration {
	switch name {
	case phaseConnect, phaseList:
		return b.opts.settle
	case phaseIdle:
		return 10*b.opts.settle + b.opts.idle
	case phaseHeartbeat:
		return b.opts.answerGrace + time.Duration(float64(b.opts.agents*b.opts.heartbeats)/b.opts.heartbeatRate*float64(time.Second))
	case phaseWatch:
		return time.Duration(1+2*len(b.opts.watch)) * (b.opts.settle + b.opts.watchFor)
	case phaseRestart:
		return b.opts.restartWatch
	}
	return 0
}

// background lets the agents send their ordinary heartbeats, spread over the
// interval, until the returned function is called.
func (b *bench) background(ctx context.Context) (stop func()) {
	if b.opts.pace <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	rate := float64(len(b.swarm.agents)) / b.opts.pace.Seconds()
	go func() {
		defer close(done)
		for pace(ctx, rate, len(b.swarm.agents), func(i int) { b.swarm.beat(i) }) == nil {
		}
	}()
	return func() { cancel(); <-done }
}

// usage reads what the server has used. It is nil where its process is not known.
func (b *bench) usage() (*usage, error) {
	pid := b.opts.serverPID
	if b.server != nil {
		pid = b.server.pid()
	}
	if pid == 0 {
		return nil, nil
	}
	u, err := readUsage(pid)
	if err != nil {
		return nil, err
	}
	return &u, nil
}

// stopped is how the server ended with all agents connected.
type stopped struct {
	Seconds     float64 `json:"seconds"`
	AbruptDrops int64   `json:"connections_lost_without_close_frame"`
}

// finish sums up, ends the server, and lets the agents go.
func (b *bench) finish() {
	b.report.Totals = b.swarm.counts.totals()
	if b.server != nil {
		b.stopServer()
	}
	b.swarm.stop()
	if b.opts.check {
		b.report.Limits = checkLimits(&b.report)
	}
}

func (b *bench) stopServer() {
	ctx, cancel := context.WithTimeoutCause(context.Background(), time.Minute, errors.New("a minute has passed since SIGTERM"))
	defer cancel()
	b.swarm.expectDrops.Store(true)
	abrupt := b.swarm.counts.abruptDrops.Load()
	took, err := b.server.stop(ctx, syscall.SIGTERM)
	if err != nil {
		b.report.Failures = append(b.report.Failures, fmt.Sprintf("stop: %v", err))
		return
	}
	// Connections end with the process at the latest; their readers need a moment to see it.
	_ = until(ctx, "", func() bool { return b.swarm.online.Load() == 0 })
	b.report.Stop = &stopped{Seconds: inSeconds(took), AbruptDrops: b.swarm.counts.abruptDrops.Load() - abrupt}
	b.report.Totals.ServerOutput = b.server.output.bytes()
	if size, err := b.server.diskBytes(); err == nil {
		b.report.Totals.ServerDiskBytes = size
	}
}
