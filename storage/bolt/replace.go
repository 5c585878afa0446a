package bolt

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
)

// Restore puts a copy of the file at from where the store at path is or was, and
// keeps what was there beside it, under the name that it returns (empty where
// there was nothing). prepare, which may be nil, is given the path of the copy
// before it takes its place. The new file belongs to whom the old one belonged
// to, or the directory, and is there after a crash, or the old one is.
//
// The file at from should have passed Check. Errors: Unavailable where the
// store is locked by a server, there is no room or no permission; prepare's own.
func Restore(from, path string, now time.Time, prepare func(path string) error) (aside string, err error) {
	like, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return "", openError(path, err)
	}
	old, err := openLocked(path, true)
	switch {
	case err == nil:
		defer old.Close() // and a server that has waited for its lock sees that the file is another
		if like, err = old.Stat(); err != nil {
			return "", openError(path, err)
		}
	case fleet.KindOf(err) != fleet.NotFound:
		return "", err
	}
	tmp, err := copyBeside(from, path)
	if tmp != "" {
		defer func() { _ = os.Remove(tmp) }() // it has another name by then, if all went well
	}
	if err != nil {
		return "", err
	}
	if prepare != nil {
		if err := prepare(tmp); err != nil {
			return "", err
		}
	}
	if err := makeLike(tmp, like); err != nil {
		return "", err
	}
	if old == nil { // a server that was started meanwhile has made one, and keeps it
		return "", putInPlace(tmp, path, link)
	}
	aside = path + ".before-restore-" + now.UTC().Format("20060102T150405Z")
	if err := link(path, aside); err != nil {
		return "", cannotWrite(aside, err)
	}
	return aside, putInPlace(tmp, path, os.Rename)
}

// copyBeside copies a file into the directory of path, durably. The name is
// returned as soon as there is something to remove.
func copyBeside(from, path string) (name string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", openError(from, err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return "", openError(from, err)
	}
	if err := roomFor(filepath.Dir(path), uint64(info.Size())); err != nil {
		return "", err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+restoreSuffix+"*") // mode 0600
	if err != nil {
		return "", cannotWrite(path, err)
	}
	_, err = io.Copy(tmp, in)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return tmp.Name(), cannotWrite(tmp.Name(), err)
	}
	return tmp.Name(), nil
}

// makeLike gives the file at path the owner of the one that info describes, and,
// where that is a file, its mode.
func makeLike(path string, info os.FileInfo) error {
	if err := giveTo(path, info); err != nil {
		return &fleet.Error{Kind: fleet.Unavailable, Err: err, Msg: fmt.Sprintf("cannot give the new store to the owner of %s: run this as root, or as that user", info.Name())}
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	if err := os.Chmod(path, info.Mode().Perm()); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// link gives a file a second name, which must be free.
func link(path, second string) error {
	err := os.Link(path, second)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(path, second) // a filesystem without links
}

// putInPlace makes tmp the file at path, durably.
func putInPlace(tmp, path string, name func(from, to string) error) error {
	f, err := os.Open(tmp)
	if err != nil {
		return cannotWrite(path, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return cannotWrite(path, err)
	}
	if err := name(tmp, path); err != nil {
		return cannotWrite(path, err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// Compact writes a store that no server has open anew, without the space that
// has become free, and puts that in its place. Errors: as of ReadStats.
func Compact(path string) (before, after Stats, err error) {
	old, err := openLocked(path, false)
	if err != nil {
		return before, after, err
	}
	defer old.Close()
	like, err := old.Stat()
	if err != nil {
		return before, after, openError(path, err)
	}
	var tmp string
	defer func() {
		if tmp != "" {
			_ = os.Remove(tmp) // it has another name by then, if all went well
		}
	}()
	err = withLocked(old, path, func(c *checker) error {
		before = c.stats
		if err := roomFor(filepath.Dir(path), uint64(before.Used)); err != nil {
			return err
		}
		tmp, err = compactBeside(c.t.s.db, path)
		return err
	})
	if err != nil {
		return before, after, err
	}
	after, problems, err := Check(tmp)
	switch {
	case err != nil:
		return before, after, err
	case len(problems) > 0:
		return before, after, damaged(path, errors.New(problems[0]))
	case !slices.Equal(before.Buckets, after.Buckets):
		return before, after, fleet.Errorf(fleet.Internal, "the small copy of %s holds %v and not %v: it is left as it is", path, after.Buckets, before.Buckets)
	}
	if err := makeLike(tmp, like); err != nil {
		return before, after, err
	}
	return before, after, putInPlace(tmp, path, os.Rename)
}

// compactTx is how many bytes one transaction of a compaction takes at most.
const compactTx = 8 << 20

func compactBeside(from *bbolt.DB, path string) (name string, err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+compactSuffix+"*") // mode 0600
	if err != nil {
		return "", err
	}
	if err := tmp.Close(); err != nil {
		return tmp.Name(), err
	}
	to, err := bbolt.Open(tmp.Name(), 0o600, &bbolt.Options{NoStatistics: true, NoSync: true}) // it is synced before it takes the other's place
	if err != nil {
		return tmp.Name(), err
	}
	to.AllocSize = 1 << 20
	return tmp.Name(), errors.Join(bbolt.Compact(to, from, compactTx), to.Close())
}
