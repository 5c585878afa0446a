//go:build linux

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
)

// ComposePlugin makes dir what DOCKER_CONFIG is to name, so that `docker compose` is the one that
// `make e2e-appliance` has built in the checkout.
func ComposePlugin(checkout, dir string) error {
	program, err := filepath.Abs(filepath.Join(checkout, ".cache/tools/docker-compose"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(program); err != nil {
		return fmt.Errorf("no docker compose 2: run make %s: %w", ".cache/tools/docker-compose", err)
	}
	plugins := filepath.Join(dir, "cli-plugins")
	if err := os.MkdirAll(plugins, 0o755); err != nil {
		return err
	}
	return os.Symlink(program, filepath.Join(plugins, "docker-compose"))
}
