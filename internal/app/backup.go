package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

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

// lastBackupFile is the file of the data directory that says when the newest backup was made, so
// that a restart does not make it look as if there was none.
const lastBackupFile = "last-backup"

// lastBackup knows when the newest copy was made that somebody has fetched.
type lastBackup struct {
	dir string
	log *slog.Logger

	mu sync.Mutex
	at time.Time // zero: never
}

// newLastBackup reads what an earlier start has left in dir, and registers the metric. A file
// that cannot be read is told of, and is no reason not to start.
func newLastBackup(dir string, log *slog.Logger, registry prometheus.Registerer) (*lastBackup, error) {
	l := &lastBackup{dir: dir, log: log}
	path := filepath.Join(dir, lastBackupFile)
	text, err := os.ReadFile(path)
	if err == nil {
		l.at, err = time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("when the last backup was made cannot be read; it counts as never until the next one", "file", path, "err", err)
	}
	return l, registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ollystack_backup_last_success_timestamp_seconds",
		Help: "When the newest copy of the store was made that GET /api/v1/backup has sent to its end, in seconds since 1970; 0: never.",
	}, l.seconds))
}

func (l *lastBackup) seconds() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() {
		return 0
	}
	return float64(l.at.Unix())
}

// fetched notes that somebody has a copy which was made at that time.
func (l *lastBackup) fetched(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !at.After(l.at) {
		return // one that was made later was fetched faster
	}
	l.at = at
	if err := replaceFile(l.dir, lastBackupFile, at.UTC().Format(time.RFC3339)); err != nil {
		l.log.Warn("when the last backup was made is not on disk; after a restart an older one counts", "err", fmt.Errorf("write %s: %w", lastBackupFile, err))
	}
}
