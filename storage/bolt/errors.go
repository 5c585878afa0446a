package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/ollystack/control-plane/fleet"
)

var errDangling = errors.New("the counts of bodies do not add up")

// recordError says which record is damaged.
type recordError struct {
	bucket, key []byte
	err         error
}

func (e *recordError) Error() string {
	return fmt.Sprintf("the record %q of %s: %v", e.key, e.bucket, e.err)
}

func (e *recordError) Unwrap() error { return e.err }

func damagedRecord(bucket, key []byte, err error) error {
	var known *recordError
	if errors.As(err, &known) || fleet.KindOf(err) != fleet.Internal {
		return err
	}
	return &recordError{bucket: bucket, key: append([]byte(nil), key...), err: err}
}

// classified makes an error of the domain of what bbolt returned.
func (s *Store) classified(err error) error {
	var known *fleet.Error
	if errors.As(err, &known) {
		return err
	}
	if refused(err) != "" {
		return s.writeError(err)
	}
	return damaged(s.path, err)
}

// writeError makes an error of the domain of what Commit returned.
func (s *Store) writeError(err error) error {
	var known *fleet.Error
	if errors.As(err, &known) {
		return err
	}
	return cannotWrite(s.path, err)
}

// cannotWrite says why the system refuses to, and what to do about it.
func cannotWrite(path string, err error) error {
	why := "see the system's log"
	if reason := refused(err); reason != "" {
		why = fix(reason, path)
	} else if errors.Is(err, fs.ErrPermission) {
		why = "it is not allowed"
	}
	return &fleet.Error{Kind: fleet.Unavailable, Err: err, Msg: fmt.Sprintf("cannot write %s: %s", path, why)}
}

func damaged(path string, err error) error {
	return &fleet.Error{
		Kind: fleet.Internal, Err: err,
		Msg: fmt.Sprintf("%s is damaged: stop ollystack and restore the file from a backup", path),
	}
}

// reason is why the system refuses to write.
type reason string

const (
	diskFull reason = "the disk is full"
	readOnly reason = "the filesystem is read-only"
	badDisk  reason = "the disk reports an error"
	remapped reason = "the system gives no memory to map the file"
)

// refused tells the errors of a system that cannot write from those of a
// damaged file. Some of bbolt's errors hold the system's one as text only.
func refused(err error) reason {
	for _, c := range []struct {
		errno  syscall.Errno
		reason reason
	}{
		{syscall.ENOSPC, diskFull},
		{syscall.EDQUOT, diskFull},
		{syscall.EFBIG, diskFull},
		{syscall.EROFS, readOnly},
		{syscall.EIO, badDisk},
		{syscall.ENOMEM, remapped},
	} {
		if errors.Is(err, c.errno) || strings.Contains(err.Error(), c.errno.Error()) {
			return c.reason
		}
	}
	if errors.Is(err, berrors.ErrInvalidMapping) {
		return remapped
	}
	return ""
}

// fix completes a reason with what to do about it.
func fix(r reason, path string) string {
	switch r {
	case diskFull:
		return fmt.Sprintf("%s; free some space in %s, and it goes on by itself", r, filepath.Dir(path))
	case remapped:
		return string(r) + "; restart ollystack"
	}
	return string(r) + "; see the system's log"
}

// openError explains why the file cannot be opened.
func openError(path string, err error) error {
	var known *fleet.Error
	dir := filepath.Dir(path)
	unavailable := func(format string, args ...any) error {
		return &fleet.Error{Kind: fleet.Unavailable, Err: err, Msg: fmt.Sprintf(format, args...)}
	}
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, berrors.ErrTimeout):
		return unavailable("%s is locked by another process: is another ollystack running with this data directory?", path)
	case errors.Is(err, fs.ErrPermission):
		return unavailable("cannot open %s: ollystack must be allowed to read and write it and its directory %s", path, dir)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR), errors.Is(err, fs.ErrNotExist):
		return unavailable("cannot open %s: that is not where a file can be", path)
	}
	if r := refused(err); r != "" {
		return unavailable("cannot open %s: %s", path, fix(r, path))
	}
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return unavailable("cannot open %s", path)
	}
	return damaged(path, err)
}
