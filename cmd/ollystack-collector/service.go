package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const serviceName = "ollystack-collector.service"

// systemdRuns tells whether systemd is this machine's init. Source: sd_booted(3).
func systemdRuns() bool {
	info, err := os.Lstat("/run/systemd/system")
	return err == nil && info.IsDir()
}

func runSystemctl(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "systemctl", args...).CombinedOutput()
	text := strings.TrimSpace(string(out))
	if err != nil && text != "" {
		err = errors.New(text)
	}
	return text, err
}

// startService enables the unit and starts it, anew where it runs already.
func startService(ctx context.Context, w world) error {
	for _, args := range [][]string{{"enable", "--quiet", serviceName}, {"restart", serviceName}} {
		if _, err := w.systemctl(ctx, args...); err != nil {
			return fmt.Errorf("systemctl %s: %w", strings.Join(args, " "), err)
		}
	}
	return w.staysUp(ctx)
}

// settleTime is how long a supervisor that cannot work takes to say so.
const settleTime = 5 * time.Second

// staysUp watches a service that has just been started.
func (w world) staysUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	ticks := time.NewTicker(settleTime / 10)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		state, err := w.systemctl(ctx, "is-active", serviceName)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("it is %s; journalctl -u ollystack-collector -n 20 says why", state)
		}
	}
}
