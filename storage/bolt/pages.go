package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The pages of bbolt, as far as is needed to walk over the tree in the file
// itself. bbolt's own check reads mapped memory: a page number that leads out of
// it, or back to where it came from, ends the process. After this walk it cannot.
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	noFreelist   = ^uint64(0)

	pageFlags    = 8
	pageCount    = 10
	pageOverflow = 12

	elementSize  = 16 // of both kinds
	bucketFlag   = 0x01
	bucketHeader = 16 // root page, sequence

	// A count that does not fit into 16 bits stands before the list.
	longFreelist = 0xFFFF
)

// usage is how many bytes of the file are what.
type usage struct{ file, used, free int64 }

// pageWalk is one walk over all pages.
type pageWalk struct {
	f    io.ReaderAt
	m    meta
	seen map[uint64]bool // the pages of the tree and the list of free ones
}

// walkPages reads every page that the newest header leads to. Errors: the first thing that makes no sense.
func walkPages(f *os.File, m meta) (usage, error) {
	info, err := f.Stat()
	if err != nil {
		return usage{}, err
	}
	w := pageWalk{f: f, m: m, seen: map[uint64]bool{0: true, 1: true}}
	if err := w.page(m.root); err != nil {
		return usage{}, err
	}
	inTree := len(w.seen)
	free, err := w.freelist()
	if err != nil {
		return usage{}, err
	}
	if lost := m.pages - uint64(len(w.seen)); lost > 0 && m.freelist != noFreelist {
		return usage{}, fmt.Errorf("%d pages are neither used nor free", lost)
	}
	size := int64(m.pageSize)
	return usage{file: info.Size(), used: int64(inTree) * size, free: int64(free) * size}, nil
}

// read returns a whole page with what overflows from it, and notes that it was seen.
func (w *pageWalk) read(id uint64) ([]byte, error) {
	var head [pageHeader]byte
	if id < 2 || id >= w.m.pages {
		return nil, fmt.Errorf("page %d: the file has %d", id, w.m.pages)
	}
	if _, err := w.f.ReadAt(head[:], int64(id*w.m.pageSize)); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	order := binary.NativeEndian
	if own := order.Uint64(head[:]); own != id {
		return nil, fmt.Errorf("page %d says that it is page %d", id, own)
	}
	n := uint64(order.Uint32(head[pageOverflow:])) + 1
	if n > w.m.pages-id {
		return nil, fmt.Errorf("page %d: it is %d pages long and reaches out of the file", id, n)
	}
	for p := id; p < id+n; p++ {
		if w.seen[p] {
			return nil, fmt.Errorf("page %d is used twice", p)
		}
		w.seen[p] = true
	}
	b := make([]byte, n*w.m.pageSize)
	if _, err := w.f.ReadAt(b, int64(id*w.m.pageSize)); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	return b, nil
}

// page walks over a page and all below it.
func (w *pageWalk) page(id uint64) error {
	b, err := w.read(id)
	if err != nil {
		return err
	}
	if err := w.elements(b); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

var errElement = errors.New("an entry reaches out of it")

func (w *pageWalk) elements(b []byte) error {
	if len(b) < pageHeader {
		return errElement
	}
	order := binary.NativeEndian
	flags, count := order.Uint16(b[pageFlags:]), int(order.Uint16(b[pageCount:]))
	if flags != branchPage && flags != leafPage {
		return fmt.Errorf("it is of the unknown kind %#x", flags)
	}
	if count == 0 && flags == branchPage {
		return errors.New("it leads nowhere")
	}
	if pageHeader+count*elementSize > len(b) {
		return errElement
	}
	for i := range count {
		at := pageHeader + i*elementSize
		e := b[at : at+elementSize]
		var err error
		if flags == branchPage {
			err = w.branch(b, at, e)
		} else {
			err = w.leaf(b, at, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *pageWalk) branch(b []byte, at int, e []byte) error {
	order := binary.NativeEndian
	pos, key := uint64(order.Uint32(e)), uint64(order.Uint32(e[4:]))
	if uint64(at)+pos+key > uint64(len(b)) {
		return errElement
	}
	return w.page(order.Uint64(e[8:]))
}

func (w *pageWalk) leaf(b []byte, at int, e []byte) error {
	order := binary.NativeEndian
	flags, pos := order.Uint32(e), uint64(order.Uint32(e[4:]))
	key, value := uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
	start := uint64(at) + pos
	if start+key+value > uint64(len(b)) {
		return errElement
	}
	if flags&bucketFlag == 0 {
		return nil
	}
	bucket := b[start+key : start+key+value]
	if len(bucket) < bucketHeader {
		return errElement
	}
	if root := order.Uint64(bucket); root != 0 {
		return w.page(root)
	}
	return w.elements(bucket[bucketHeader:]) // a small bucket's only page, inside of this one
}

// freelist checks the list of free pages and returns their number.
func (w *pageWalk) freelist() (int, error) {
	if w.m.freelist == noFreelist {
		return 0, nil
	}
	b, err := w.read(w.m.freelist)
	if err != nil {
		return 0, fmt.Errorf("the list of free pages: %w", err)
	}
	order := binary.NativeEndian
	if flags := order.Uint16(b[pageFlags:]); flags != freelistPage {
		return 0, fmt.Errorf("the list of free pages is of the kind %#x", flags)
	}
	count, list := uint64(order.Uint16(b[pageCount:])), b[pageHeader:]
	if count == longFreelist {
		count, list = order.Uint64(list), list[8:]
	}
	if count > uint64(len(list))/8 {
		return 0, errors.New("the list of free pages reaches out of its page")
	}
	for i := range count {
		id := order.Uint64(list[i*8:])
		if id < 2 || id >= w.m.pages {
			return 0, fmt.Errorf("page %d is free, and the file has %d", id, w.m.pages)
		}
		if w.seen[id] {
			return 0, fmt.Errorf("page %d is used and free, or free twice", id)
		}
		w.seen[id] = true
	}
	return int(count), nil
}
