//go:build linux

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Engine is a Docker Engine at its usual socket, /run/docker.sock.
type Engine struct {
	command *exec.Cmd
	ended   chan struct{}
	logFile string
}

// StartEngine starts one and answers when it does.
func StartEngine(ctx context.Context) (*Engine, error) {
	e := &Engine{logFile: filepath.Join(Dir(), "dockerd.log"), ended: make(chan struct{})}
	log, err := os.Create(e.logFile)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	e.command = exec.CommandContext(context.WithoutCancel(ctx), "dockerd", "--cgroup-parent", cgroupParent(Dir()))
	e.command.Stdout, e.command.Stderr = log, log
	if err := e.command.Start(); err != nil {
		return nil, fmt.Errorf("start dockerd (Debian package docker.io): %w", err)
	}
	go func() {
		_ = e.command.Wait()
		close(e.ended)
	}()
	return e, e.untilReady(ctx)
}

func (e *Engine) untilReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		if exec.CommandContext(ctx, "docker", "info").Run() == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-e.ended:
			return errors.New("dockerd ended: " + e.Log())
		case <-ctx.Done():
			return errors.New("dockerd does not answer: " + e.Log())
		}
	}
}

// Load gives the engine an image's file.
func (e *Engine) Load(ctx context.Context, file string) error {
	if output, err := exec.CommandContext(ctx, "docker", "load", "-q", "-i", file).CombinedOutput(); err != nil {
		return fmt.Errorf("docker load -i %s: %w\n%s", file, err, output)
	}
	return nil
}

// Stop ends the engine and waits for it.
func (e *Engine) Stop() error {
	if err := e.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-e.ended:
		return nil
	case <-time.After(time.Minute):
		return errors.New("dockerd does not end: " + e.Log())
	}
}

// Log is the end of what the engine has said.
func (e *Engine) Log() string {
	text, err := os.ReadFile(e.logFile)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}
