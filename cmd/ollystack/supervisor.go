package main

import (
	"fmt"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/ollystack/control-plane/internal/app"
)

// supervision is how systemd, or whoever else sets its variables, is told how
// the server does. The library reads them from the process's own environment.
func supervision(s surroundings) (app.Supervision, error) {
	if s.Env("NOTIFY_SOCKET") == "" {
		return app.Supervision{}, nil
	}
	watchdog, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return app.Supervision{}, fmt.Errorf("read the watchdog's variables: %w", err)
	}
	return app.Supervision{Watchdog: watchdog, Notify: func(message string) error {
		_, err := daemon.SdNotify(false, message)
		return err
	}}, nil
}
