package bolt

import (
	"errors"
	"io/fs"
	"os"
	"time"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/ollystack/control-plane/fleet"
)

// What follows is for a store that no server has open: it is looked at, made
// small, replaced. It is never migrated by that, nor written where it is only looked at.

// IsLocked reports whether err says that another process has the store open.
func IsLocked(err error) bool { return errors.Is(err, berrors.ErrTimeout) }

// lockPoll is how often a lock is tried that another process has.
const lockPoll = 50 * time.Millisecond

// openLocked opens an existing file to read and takes bbolt's lock on it, alone or
// with others who only read, so that no server opens it until it is closed.
func openLocked(path string, exclusive bool) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &fleet.Error{Kind: fleet.NotFound, Msg: "there is no file " + path}
	case err != nil:
		return nil, openError(path, err)
	case !info.Mode().IsRegular():
		return nil, fleet.Errorf(fleet.Conflict, "%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if err := lock(f, exclusive); err != nil {
		f.Close()
		return nil, openError(path, err)
	}
	return f, nil
}

// lock waits for the lock as long as bbolt does, and fails as it does.
func lock(f *os.File, exclusive bool) error {
	for waited := time.Duration(0); ; waited += lockPoll {
		if got, err := lockNow(f, exclusive); got || err != nil {
			return err
		}
		if waited >= lockTimeout {
			return berrors.ErrTimeout
		}
		<-time.After(lockPoll)
	}
}
