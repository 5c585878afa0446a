package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/storage/bolt"
)

// The care of a store whose server is stopped. Each says so where it is not.

// StatStore tells what the store in a data directory is made of.
func StatStore(dataDir string) (bolt.Stats, error) {
	stats, err := bolt.ReadStats(StoreFile(dataDir))
	return stats, stopFirst(dataDir, err)
}

// CheckStore reads all of the store in a data directory; problems are sentences.
func CheckStore(dataDir string) (stats bolt.Stats, problems []string, err error) {
	stats, problems, err = bolt.Check(StoreFile(dataDir))
	return stats, problems, stopFirst(dataDir, err)
}

// CompactStore makes the file of the store in a data directory as small as its content allows.
func CompactStore(dataDir string) (before, after bolt.Stats, err error) {
	before, after, err = bolt.Compact(StoreFile(dataDir))
	return before, after, stopFirst(dataDir, err)
}

// CheckBackup reads all of a backup. Errors: it is not one, or not whole, or of a newer version.
func CheckBackup(file string) (bolt.Stats, error) {
	stats, problems, err := bolt.Check(file)
	switch {
	case err != nil:
		return stats, err
	case len(problems) > 0:
		return stats, fmt.Errorf("%s is not a sound backup: %s", file, problems[0])
	}
	return stats, nil
}

// Restored says what RestoreStore has done.
type Restored struct {
	Stats bolt.Stats // of the backup
	// Aside is where the store is that was there before; empty where there was none.
	Aside string
}

// RestoreStore puts a backup in the place of the store in a data directory, so
// that a server which starts from it sends no agent what it runs already.
func RestoreStore(ctx context.Context, file, dataDir string, now time.Time) (r Restored, err error) {
	if r.Stats, err = CheckBackup(file); err != nil {
		return r, err
	}
	if err := makeDataDir(dataDir); err != nil {
		return r, err
	}
	r.Aside, err = bolt.Restore(file, StoreFile(dataDir), now, func(path string) error {
		return readyToStart(ctx, path)
	})
	return r, stopFirst(dataDir, err)
}

// readyToStart brings the copy of a backup to where this version starts from.
func readyToStart(ctx context.Context, path string) error {
	store, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		return err
	}
	if err := errors.Join(fleet.Doubt(ctx, store), store.Close()); err != nil {
		return err
	}
	_, err = CheckBackup(path)
	return err
}

// stopFirst says what to do where a server has the store open, or there is none.
func stopFirst(dataDir string, err error) error {
	switch {
	case bolt.IsLocked(err):
		return fmt.Errorf("%s is in use: stop the server first (systemctl stop ollystack-control-plane)", StoreFile(dataDir))
	case fleet.KindOf(err) == fleet.NotFound:
		return fmt.Errorf("there is no store %s: the server has not run with this data_dir yet", StoreFile(dataDir))
	}
	return err
}
