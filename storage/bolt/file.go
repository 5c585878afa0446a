package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ollystack/control-plane/fleet"
)

const (
	// lockTimeout is how long Open waits for another process to let go of the file.
	lockTimeout = time.Second
	// mapSize is address space, not memory: while the file fits into it, bbolt
	// need not map it anew, and so a commit never waits for a long View to end.
	mapSize = 256 << 20
	// growBy is by how much the file grows when it must.
	growBy = 4 << 20
)

func openFile(path string) (*bbolt.DB, error) {
	var file *os.File
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         lockTimeout,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapSize,
		NoStatistics:    true,
		OpenFile: func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
			f, err = os.OpenFile(name, flag, mode)
			file = f
			return f, err
		},
	})
	if err != nil {
		return nil, err
	}
	if err := stillAt(path, file); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.AllocSize = growBy
	return db, nil
}

// stillAt checks that the file which was opened, and waited for while another
// process had locked it, is the one at path: a restore may have put another there.
func stillAt(path string, file *os.File) error {
	opened, err := file.Stat()
	if err != nil {
		return err
	}
	now, err := os.Stat(path)
	if err != nil || !os.SameFile(opened, now) {
		return &fleet.Error{Kind: fleet.Unavailable, Err: err, Msg: path + " was replaced while it was being opened: start again"}
	}
	return nil
}

// ensureFile makes the directory and the file if they are missing. The file
// appears under its name only when it is whole, so that an empty one is never
// ours: it is what a full disk or a careless copy leaves, and not a new fleet.
func ensureFile(path string) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	tmp, err := os.CreateTemp(dir, filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if gone := os.Remove(tmp.Name()); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	if err := tmp.Close(); err != nil {
		return err
	}
	db, err := bbolt.Open(tmp.Name(), 0o600, &bbolt.Options{NoStatistics: true})
	if err != nil {
		return err
	}
	err = migrate(db, tmp.Name(), migrations())
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	// Unlike a rename, a link does not replace what another process made meanwhile.
	err = os.Link(tmp.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(tmp.Name(), path) // a filesystem without links
	} else {
		err = nil
	}
	if err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// The header of bbolt, as far as is needed to look at it before the file is
// mapped: it stands on the first two pages, after the page's own 16 bytes.
const (
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
	pageHeader   = 16
	metaPageSize = 8
	metaRoot     = 16
	metaFreelist = 32
	metaPages    = 40 // how many pages are in use
	metaTxid     = 48
	metaChecksum = 56 // FNV-1a of what is before
	metaEnd      = pageHeader + metaChecksum + 8
)

var (
	errNotBolt = errors.New("neither of its two first pages is a header of bbolt")
	errEmpty   = errors.New("it is empty")
)

// inspect reads the header of an existing file, as the machine wrote it, and
// checks that the file is as long as it says. bbolt would map the file and fault later.
func inspect(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = newestMeta(f)
	return err
}

// newestMeta finds the header that counts, and checks that the file is as long as it says.
func newestMeta(f *os.File) (newest meta, err error) {
	info, err := f.Stat()
	if err != nil {
		return meta{}, err
	}
	if info.Size() == 0 {
		return meta{}, errEmpty
	}
	found := false
	for _, at := range metaOffsets() {
		m, ok, err := readMeta(f, at)
		if err != nil {
			return meta{}, err
		}
		if ok && (!found || m.txid > newest.txid) {
			newest, found = m, true
		}
	}
	if !found {
		return meta{}, errNotBolt
	}
	if newest.pageSize == 0 || newest.pages > uint64(info.Size())/newest.pageSize {
		return meta{}, fmt.Errorf("it was cut: it is %d bytes long and should be %d at least", info.Size(), newest.pages*newest.pageSize)
	}
	return newest, nil
}

// metaOffsets are where the two headers may begin: page 0, and page 1 for each size that pages have.
func metaOffsets() []int64 {
	offsets := []int64{0}
	for size := int64(1 << 10); size <= 64<<10; size <<= 1 {
		offsets = append(offsets, size)
	}
	return offsets
}

type meta struct{ pageSize, pages, txid, root, freelist uint64 }

func readMeta(f io.ReaderAt, at int64) (m meta, ok bool, err error) {
	var page [metaEnd]byte
	if n, err := f.ReadAt(page[:], at); n < len(page) {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return m, false, err
	}
	b := page[pageHeader:]
	sum := fnv.New64a()
	sum.Write(b[:metaChecksum])
	order := binary.NativeEndian
	if order.Uint32(b) != metaMagic || order.Uint32(b[4:]) != metaVersion || order.Uint64(b[metaChecksum:]) != sum.Sum64() {
		return m, false, nil
	}
	m = meta{
		pageSize: uint64(order.Uint32(b[metaPageSize:])), pages: order.Uint64(b[metaPages:]), txid: order.Uint64(b[metaTxid:]),
		root: order.Uint64(b[metaRoot:]), freelist: order.Uint64(b[metaFreelist:]),
	}
	return m, true, nil
}
