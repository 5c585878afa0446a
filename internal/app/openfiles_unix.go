//go:build unix

package app

import (
	"fmt"
	"syscall"
)

// sparedFiles are descriptors for what is not an agent's connection: the store, the API's clients, Redis.
const sparedFiles = 256

// openFilesWarning returns a warning where the process may not open as many
// files as it may have connections. The Go runtime has raised the soft limit to
// the hard one by now.
func openFilesWarning(connections int) []string {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil // nothing is known, so nothing is said
	}
	if uint64(limit.Cur) >= uint64(connections)+sparedFiles { //nolint:unconvert // it is signed on FreeBSD
		return nil
	}
	return []string{fmt.Sprintf("The process may open %d files only, fewer than opamp.max_connections (%d) needs with %d for everything else. "+
		"Raise the limit (ulimit -n; LimitNOFILE in a systemd unit), or lower the setting.", limit.Cur, connections, sparedFiles)}
}
