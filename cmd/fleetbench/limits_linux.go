package main

import (
	"fmt"
	"syscall"
)

// spareFiles are descriptors for everything but the agents' connections.
const spareFiles = 256

// raiseFileLimit makes room for one connection for each agent, here and in the
// server that this process starts, which inherits the limit. It returns the limit.
func raiseFileLimit(agents int) (uint64, error) {
	need := uint64(agents) + spareFiles
	var have syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &have); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	if have.Max < need {
		// Only a privileged process may; for others the check below says what is missing.
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: need, Max: need})
	} else if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: have.Max, Max: have.Max}); err != nil {
		return 0, fmt.Errorf("raise the limit of open files: %w", err)
	}
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &have); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	if have.Cur < need {
		return have.Cur, fmt.Errorf("%d agents need %d open files in this process and as many in the server, and the limit is %d: "+
			"raise it (ulimit -Hn %d) or use fewer agents", agents, need, have.Cur, need)
	}
	return have.Cur, nil
}
