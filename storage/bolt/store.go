// Package bolt keeps the fleet in one file, with bbolt. What Update has
// returned for is on disk. DESIGN.md holds the file's layout and the reasons.
package bolt

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
)

// Options are what Open needs. Only Path must be set.
type Options struct {
	// Path of the file. It is made if it is missing, mode 0600, and so are the directories above, mode 0700.
	Path string
	// Logger hears of damage and of writes that fail; nil drops it.
	Logger *slog.Logger
	// Registerer takes the metrics until Close; nil takes none.
	Registerer prometheus.Registerer
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// MinFreeBytes is how much the filesystem should have free: with less, Check says degraded. 0 never does.
	MinFreeBytes uint64
}

// Store is a fleet.Store in a file. Make one with Open.
type Store struct {
	path    string
	minFree uint64
	log     *slog.Logger
	clock   func() time.Time
	metrics *metrics

	db       *bbolt.DB
	unpacker unpacker
	packer   packer        // of whoever holds writer
	writer   chan struct{} // holds one token: whoever takes it may write

	touched atomic.Int64  // bytes read and written since release
	backups chan struct{} // holds a token for each Backup that is not closed

	// unusable is set, once, when going on could do harm; only a new process
	// helps. While it is nil, bbolt's locks are known to be free.
	unusable atomic.Pointer[fleet.Error]

	closing chan struct{} // closed by the first Close
	mu      sync.Mutex    // guards what follows, and joining open while not closed
	closed  bool
	lastErr error          // of the latest write; nil if it succeeded
	failed  int64          // about how many bytes the latest write that failed was to write
	probing bool           // recovery runs
	open    sync.WaitGroup // transactions that run, and what else must end before the file is closed
}

var _ fleet.Store = (*Store)(nil)

// Open opens the file, or makes a new one, and brings it to the current schema.
//
// Errors name the file and what to do. Unavailable: locked by another process,
// not accessible, disk full. Conflict: of a newer version, or not ours. Internal: damaged.
func Open(o Options) (*Store, error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, openError(o.Path, err)
	}
	s := &Store{
		path: path, minFree: o.MinFreeBytes, log: o.Logger, clock: o.Clock,
		writer: make(chan struct{}, 1), closing: make(chan struct{}), backups: make(chan struct{}, 1),
	}
	s.writer <- struct{}{}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if err := s.openFile(); err != nil {
		return nil, openError(path, err)
	}
	if s.metrics, err = newMetrics(o.Registerer, path); err != nil {
		return nil, errors.Join(fmt.Errorf("register the metrics of the store: %w", err), s.db.Close())
	}
	s.removeLeftCopies()
	return s, nil
}

// openFile opens the file and migrates it.
func (s *Store) openFile() error {
	if err := ensureFile(s.path); err != nil {
		return err
	}
	if err := inspect(s.path); err != nil {
		return err
	}
	// bbolt panics on some pages that make no sense. It then keeps its lock on
	// the file, which does not matter to a process that cannot start.
	return s.contained(func() (err error) {
		if s.db, err = openFile(s.path); err != nil {
			return err
		}
		if err = migrate(s.db, s.path, migrations()); err == nil {
			err = complete(s.db)
		}
		if err != nil {
			return errors.Join(err, s.db.Close())
		}
		return nil
	})
}

// Close implements fleet.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closed
	if first {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	s.open.Wait()
	if !first {
		return nil
	}
	s.metrics.unregister()
	if err := s.unusable.Load(); err != nil {
		return err // bbolt may hold a lock that its Close would wait for
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}
