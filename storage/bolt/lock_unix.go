//go:build unix && !solaris && !illumos && !netbsd && !openbsd

package bolt

import (
	"errors"
	"os"
	"syscall"
)

// lockNow takes bbolt's lock on f, or reports false where another process has it.
func lockNow(f *os.File, exclusive bool) (bool, error) {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// giveTo makes the file at path like one that is described by info: its owner and group.
func giveTo(path string, info os.FileInfo) error {
	want, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return os.Chown(path, int(want.Uid), int(want.Gid))
}
