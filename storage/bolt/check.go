package bolt

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
)

// Stats are what there is to say of a store's file.
type Stats struct {
	// Schema is the version of its layout.
	Schema uint64
	// Size is the file's length in bytes, Used what its tree takes, Free what will be used
	// again. The rest is room to grow.
	Size, Used, Free int64
	// StoppedAt is when the server last stopped cleanly; zero after a crash, and in a backup of one that ran.
	StoppedAt time.Time
	Buckets   []BucketStats
}

// BucketStats is how many records a bucket holds.
type BucketStats struct {
	Name    string
	Records int
}

// maxProblems bounds what Check reports of a file in which nothing is right.
const maxProblems = 100

// ReadStats looks at a store that no server has open, and changes nothing.
// Errors: NotFound; Unavailable, locked or not accessible; Conflict, of a newer
// version or not ours; Internal, damaged.
func ReadStats(path string) (Stats, error) {
	var stats Stats
	err := withStopped(path, func(c *checker) error {
		stats = c.stats
		return nil
	})
	return stats, err
}

// Check reads all of a store that no server has open, and changes nothing: every
// page, every record and its checksum, and what records say of each other. The
// problems are sentences; with one, the file is not to be used. Errors are as of ReadStats, without Internal.
func Check(path string) (Stats, []string, error) {
	var stats Stats
	var problems []string
	err := withStopped(path, func(c *checker) error {
		stats = c.stats
		if err := c.tree(); err != nil {
			return err
		}
		c.records()
		problems = c.problems
		return nil
	})
	if err != nil && fleet.KindOf(err) == fleet.Internal {
		if cause := errors.Unwrap(err); cause != nil {
			err = cause // "is damaged" is the verdict of who asked
		}
		return stats, []string{err.Error()}, nil
	}
	return stats, problems, err
}

// checker is a stopped store that is looked at.
type checker struct {
	t        *tx
	stats    Stats
	problems []string
}

// withStopped opens the file, without writing and without bringing it forward,
// and keeps servers out while fn looks at it.
func withStopped(path string, fn func(*checker) error) error {
	f, err := openLocked(path, false)
	if err != nil {
		return err
	}
	defer f.Close()
	return withLocked(f, path, fn)
}

// withLocked is withStopped for a file that is locked already, not exclusively.
func withLocked(f *os.File, path string, fn func(*checker) error) error {
	m, err := newestMeta(f)
	if err != nil {
		return openError(path, err)
	}
	pages, err := walkPages(f, m)
	if err != nil {
		return openError(path, err)
	}
	s := &Store{path: path, log: slog.New(slog.DiscardHandler), clock: time.Now}
	return s.guarded(func() (err error) {
		if s.db, err = bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true, Timeout: lockTimeout}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.db.Close()) }()
		if err := known(s.db, path); err != nil {
			return err
		}
		return s.db.View(func(b *bbolt.Tx) error {
			c := &checker{t: &tx{s: s, b: b}, stats: Stats{Size: pages.file, Used: pages.used, Free: pages.free}}
			if err := c.count(); err != nil {
				return err
			}
			return fn(c)
		})
	})
}

// known refuses what this version does not know. An older schema is fine to look at.
func known(db *bbolt.DB, path string) error {
	version, err := schemaOf(db, path)
	switch newest := uint64(len(migrations())); {
	case err != nil:
		return err
	case version > newest:
		return newerSchema(path, version, newest)
	case version < newest:
		return nil
	}
	return complete(db)
}

// count fills in what Stats say of records.
func (c *checker) count() (err error) {
	if c.stats.Schema, err = schemaOf(c.t.s.db, c.t.s.path); err != nil {
		return err
	}
	if c.stats.StoppedAt, err = c.t.StoppedAt(); err != nil {
		return err
	}
	for _, name := range buckets() {
		b := c.t.bucket(name)
		if b == nil {
			continue // of a later schema
		}
		c.stats.Buckets = append(c.stats.Buckets, BucketStats{Name: string(name), Records: b.Stats().KeyN})
	}
	return nil
}

// tree runs bbolt's own check, which knows the order of keys besides.
func (c *checker) tree() (err error) {
	for problem := range c.t.b.Check() {
		if err == nil {
			err = fmt.Errorf("bbolt: %w", problem)
		}
	}
	return err
}

// damage notes a record that cannot be read, and lets the transaction go on.
func (c *checker) damage(err error) {
	c.t.failed = nil
	if record := (*recordError)(nil); errors.As(err, &record) {
		err = record
	}
	c.problem("%v", err)
}

func (c *checker) problem(format string, args ...any) {
	if len(c.problems) == maxProblems {
		c.problems = append(c.problems, "and more, which are not listed")
	}
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, fmt.Sprintf(format, args...))
	}
}
