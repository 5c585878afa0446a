package bolt

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// One of these and something random follow the store's name in that of a copy
// that is being made or read, put in its place, or made small.
const (
	backupSuffix  = ".backup-"
	restoreSuffix = ".restore-"
	compactSuffix = ".compact-"
)

// backupReserve is what a backup leaves free: enough for the store to grow a few times meanwhile.
const backupReserve = 4 * growBy

// Backup is a copy of the whole store as it was at one moment, in a file of its
// own beside it: who reads it slowly holds no transaction open. Close it.
type Backup struct {
	s    *Store
	file *os.File
	size int64
	sum  [sha256.Size]byte
	at   time.Time
}

// Backup makes a copy of what the latest commit left. There is one at a time.
//
// Errors: Conflict while another one is not closed; Unavailable where there is
// no room for it, when ctx is done, and after Close, which waits for b.Close.
func (s *Store) Backup(ctx context.Context) (b *Backup, err error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	select {
	case s.backups <- struct{}{}:
	default:
		s.open.Done()
		return nil, fleet.Errorf(fleet.Conflict, "another backup is being made or fetched: try again when it is done")
	}
	b = &Backup{s: s}
	if err := b.make(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Backup) make(ctx context.Context) error {
	t, err := b.s.beginTx(false)
	if err != nil {
		return err
	}
	defer t.rollback()
	dir := filepath.Dir(b.s.path)
	if err := roomFor(dir, uint64(t.b.Size())+backupReserve); err != nil {
		return err
	}
	if b.file, err = os.CreateTemp(dir, filepath.Base(b.s.path)+backupSuffix+"*"); err != nil { // mode 0600
		return b.refused(err)
	}
	b.at = b.s.clock().UTC()
	to := &backupWriter{ctx: ctx, closing: b.s.closing, file: b.file, sum: sha256.New()}
	err = b.s.guarded(func() (err error) {
		b.size, err = t.b.WriteTo(to)
		if to.err != nil { // which is not one of the store
			err = nil
		}
		return err
	})
	switch {
	case ctx.Err() != nil:
		return canceled(ctx)
	case to.err != nil:
		return b.refused(to.err)
	case err != nil:
		return err
	}
	to.sum.Sum(b.sum[:0])
	if _, err := b.file.Seek(0, io.SeekStart); err != nil {
		return b.refused(err)
	}
	return nil
}

// roomFor checks, where the system tells, that dir has as many bytes free.
func roomFor(dir string, need uint64) error {
	free, err := freeBytes(dir)
	if err != nil || free >= need {
		return nil //nolint:nilerr // what is written will show it
	}
	return fleet.Errorf(fleet.Unavailable, "a copy of the store needs %s in %s, and %s are free: free some space", mib(need), dir, mib(free))
}

func (b *Backup) refused(err error) error {
	if fleet.KindOf(err) != fleet.Internal {
		return err
	}
	return cannotWrite(b.s.path+backupSuffix+"*", err)
}

// Read reads the copy.
func (b *Backup) Read(p []byte) (int, error) { return b.file.Read(p) }

// Size is the copy's length in bytes.
func (b *Backup) Size() int64 { return b.size }

// SHA256 is the copy's digest.
func (b *Backup) SHA256() [sha256.Size]byte { return b.sum }

// At is when the copy was made.
func (b *Backup) At() time.Time { return b.at }

// Close removes the copy. It is called once.
func (b *Backup) Close() error {
	defer b.s.open.Done()
	defer func() { <-b.s.backups }()
	if b.file == nil {
		return nil
	}
	b.file.Close()
	if err := os.Remove(b.file.Name()); err != nil {
		b.s.log.Warn("a copy of the store was left behind; it can be deleted", "file", b.file.Name(), "err", err)
		return err
	}
	return nil
}

// backupWriter writes and sums up, until ctx or the store's time is over.
type backupWriter struct {
	ctx     context.Context //nolint:containedctx // bbolt takes a writer, and a writer no context
	closing <-chan struct{}
	file    *os.File
	sum     hash.Hash
	err     error
}

func (w *backupWriter) Write(p []byte) (n int, err error) {
	select {
	case <-w.ctx.Done():
		w.err = w.ctx.Err()
	case <-w.closing:
		w.err = fleet.Errorf(fleet.Unavailable, "the store is closed")
	default:
		w.sum.Write(p)
		n, w.err = w.file.Write(p)
	}
	return n, w.err
}

// removeLeftCopies removes what a process that was killed has left of its
// copies. The store is locked, so nobody is making one.
func (s *Store) removeLeftCopies() {
	dir, name := filepath.Split(s.path)
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), name)
		if ours && (strings.HasPrefix(rest, backupSuffix) || strings.HasPrefix(rest, restoreSuffix) || strings.HasPrefix(rest, compactSuffix)) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	if err != nil { // it costs room and nothing else
		s.log.Warn("what is left of a copy of the store cannot be removed", "err", err)
	}
}
