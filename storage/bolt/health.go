package bolt

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/ollystack/control-plane/fleet"
)

// Check says how the store is, without writing: failed after a write that
// failed, until one succeeds; degraded while the filesystem has less free than
// Options.MinFreeBytes.
func (s *Store) Check(context.Context) fleet.Check {
	s.mu.Lock()
	closed, lastErr := s.closed, s.lastErr
	s.mu.Unlock()
	if closed {
		return failedCheck(s.errClosed())
	}
	if err := s.unusable.Load(); err != nil {
		return failedCheck(err)
	}
	if lastErr != nil {
		return failedCheck(lastErr)
	}
	if s.minFree == 0 {
		return fleet.Check{Status: fleet.CheckOK}
	}
	dir := filepath.Dir(s.path)
	free, err := freeBytes(dir)
	switch {
	case err != nil:
		return fleet.Check{Status: fleet.CheckDegraded, Detail: fmt.Sprintf("cannot tell how much is free in %s: %v", dir, err)}
	case free < s.minFree:
		return fleet.Check{Status: fleet.CheckDegraded, Detail: fmt.Sprintf(
			"%s are free in %s, less than the %s that it should have: free some space before writes fail", mib(free), dir, mib(s.minFree),
		)}
	}
	return fleet.Check{Status: fleet.CheckOK}
}

func failedCheck(err error) fleet.Check {
	return fleet.Check{Status: fleet.CheckFailed, Detail: err.Error()}
}

func mib(bytes uint64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
