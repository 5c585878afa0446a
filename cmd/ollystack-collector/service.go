package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
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
	return nil
}
