package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// watched is what the watch phase found.
type watched struct {
	ChangesPerSecond float64    `json:"changes_per_second"` // asked for
	Unwatched        watching   `json:"unwatched"`          // the same changes, and nobody looks
	Commands         []watching `json:"commands"`
}

// watching is one command that looks on while agents change, and what that costs. Before it is
// measured it has printed something, and had time to settle.
type watching struct {
	Command          string  `json:"command,omitempty"`
	Terminal         bool    `json:"on_a_terminal"`
	Seconds          float64 `json:"seconds"`
	Changes          int64   `json:"changes"`
	CPUPercent       float64 `json:"cpu_percent_of_one_core"`
	RSSMiB           float64 `json:"rss_mib"`
	PeakMiB          float64 `json:"rss_peak_mib"`
	BytesPerSecond   float64 `json:"bytes_per_second"`
	ServerCPUPercent float64 `json:"server_cpu_percent_of_one_core"`
	cost
}

// flip makes a healthy agent ill, and an ill one healthy.
func (a *agent) flip() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil {
		return errOffline
	}
	a.ill = !a.ill
	return a.write(a.appendHealth)
}

// watch changes the health of agents, one after the other, at a fixed rate: first while nobody looks, then while each command
// of --watch does, once on a terminal and once into a pipe.
func (b *bench) watch(ctx context.Context) error {
	changing, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pace(changing, b.opts.changes, len(b.swarm.agents), b.change) == nil {
		}
	}()
	defer func() { cancel(); <-done }()

	out := &watched{ChangesPerSecond: b.opts.changes}
	b.report.Watch = out
	if err := rest(ctx, b.opts.settle); err != nil {
		return err
	}
	alone := watching{}
	if err := b.measure(ctx, &alone, nil); err != nil {
		return err
	}
	out.Unwatched = alone
	for _, command := range b.opts.watch {
		for _, terminal := range []bool{true, false} {
			w := watching{Command: command, Terminal: terminal}
			if err := b.look(ctx, &w); err != nil {
				return fmt.Errorf("%s: %w", command, err)
			}
			out.Commands = append(out.Commands, w)
		}
	}
	return nil
}

func (b *bench) change(i int) {
	switch err := b.swarm.agents[i].flip(); {
	case err == nil:
		b.swarm.counts.changes.Add(1)
	case !errors.Is(err, errOffline):
		b.swarm.note("cannot send", err)
	}
}

// look runs the command, measures it, and interrupts it. One that ends by itself, or badly, is an error.
func (b *bench) look(ctx context.Context, w *watching) error {
	l, err := startLooker(ctx, strings.ReplaceAll(w.Command, "{api}", b.opts.api), w.Terminal)
	if err != nil {
		return err
	}
	defer l.kill()
	err = until(ctx, "wait for its first output", func() bool { return l.output.bytes() > 0 || l.over() })
	if err == nil {
		err = rest(ctx, b.opts.settle)
	}
	if err == nil {
		err = b.measure(ctx, w, l)
	}
	if err != nil {
		return err
	}
	return l.interrupt(ctx)
}

// measure looks at what is used from now on, by the server and by the looker, if there is one.
func (b *bench) measure(ctx context.Context, w *watching, l *looker) error {
	spent, err := b.meter()
	if err != nil {
		return err
	}
	before, err := l.usage()
	if err != nil {
		return err
	}
	changes, began := b.swarm.counts.changes.Load(), time.Now()
	written := l.written()
	if err := rest(ctx, b.opts.watchFor); err != nil {
		return err
	}
	after, err := l.usage()
	if err != nil {
		return err
	}
	if w.cost, err = spent(); err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	own := (after.cpu - before.cpu).Seconds()
	w.Seconds, w.Changes = rounded(seconds), b.swarm.counts.changes.Load()-changes
	w.CPUPercent, w.ServerCPUPercent = rounded(100*own/seconds), rounded(100*w.ServerCPUSeconds/seconds)
	w.OtherCPUSeconds = rounded(max(w.OtherCPUSeconds-own, 0))
	w.RSSMiB, w.PeakMiB = mib(after.rss), mib(after.peak)
	w.BytesPerSecond = rounded(float64(l.written()-written) / seconds)
	return nil
}

// looker is a running command of --watch. A nil one is nobody.
type looker struct {
	cmd    *exec.Cmd
	output tail
	ended  chan struct{}
}

func startLooker(ctx context.Context, command string, terminal bool) (*looker, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, errors.New("no command")
	}
	l := &looker{cmd: exec.CommandContext(context.WithoutCancel(ctx), words[0], words[1:]...), ended: make(chan struct{})}
	var screen io.ReadCloser
	l.cmd.Stdout, l.cmd.Stderr = &l.output, &l.output
	if terminal {
		person, side, err := openTerminal()
		if err != nil {
			return nil, err
		}
		defer side.Close()
		screen, l.cmd.Stdin, l.cmd.Stdout, l.cmd.Stderr = person, side, side, side
		l.cmd.Env = append(os.Environ(), "TERM=xterm")
		l.cmd.SysProcAttr = withTerminal()
	}
	if err := l.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(l.ended)
		if screen != nil {
			_, _ = io.Copy(&l.output, screen) // ends with an error when nobody has the terminal any more
			_ = screen.Close()
		}
		_ = l.cmd.Wait() // how it ended is in cmd.ProcessState
	}()
	return l, nil
}

func (l *looker) usage() (usage, error) {
	switch {
	case l == nil:
		return usage{}, nil
	case l.over():
		return usage{}, l.death()
	}
	return readUsage(l.cmd.Process.Pid)
}

func (l *looker) written() int64 {
	if l == nil {
		return 0
	}
	return l.output.bytes()
}

func (l *looker) over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

func (l *looker) death() error {
	return fmt.Errorf("it ended (%s); it said last:\n%s", l.cmd.ProcessState, l.output.String())
}

// interrupt is Ctrl-C.
func (l *looker) interrupt(ctx context.Context) error {
	if err := l.cmd.Process.Signal(os.Interrupt); err != nil {
		return fmt.Errorf("interrupt it: %w", err)
	}
	select {
	case <-l.ended:
	case <-ctx.Done():
		return fmt.Errorf("wait for its end: %w", context.Cause(ctx))
	}
	if !l.cmd.ProcessState.Success() {
		return l.death()
	}
	return nil
}

func (l *looker) kill() {
	_ = l.cmd.Process.Kill() // mostly ended already
	<-l.ended
}
