package app

import (
	"context"

	"github.com/ollystack/control-plane/fleet"
	"github.com/ollystack/control-plane/rest"
	"github.com/ollystack/control-plane/storage/bolt"
)

// backups makes copies of a running server's store: of the file itself, whatever
// cache stands before it, with all in it that agents have reported until now.
func backups(manager *fleet.Manager, file *bolt.Store) func(context.Context) (rest.Backup, error) {
	return func(ctx context.Context) (rest.Backup, error) {
		if err := manager.Save(ctx); err != nil {
			return nil, err
		}
		b, err := file.Backup(ctx)
		if err != nil {
			return nil, err // not b, which would be a Backup that is not nil
		}
		return b, nil
	}
}
