package opampsrv

import (
	"errors"
	"io"
	"sync"
	"time"
)

// Messages are read into chunks from pools, each charged to the budget before
// it is filled: memory follows the bytes that have arrived, never a length that
// a peer has announced, and a message over the limit leaves no garbage behind.
const (
	firstChunk = 8 << 10 // holds the full state of most agents
	nextChunk  = 64 << 10
	// smallMessage is what the budget's reserve is for: the first chunk, and as
	// much again for what it becomes when it was compressed over HTTP.
	smallMessage = 2 * firstChunk
)

var errTooLarge = errors.New("the message is larger than the limit")

// buffers are the pools that chunks come from.
type buffers struct {
	first, next sync.Pool // of *[]byte
}

func newBuffers() *buffers {
	b := &buffers{}
	b.first.New = func() any { p := make([]byte, firstChunk); return &p }
	b.next.New = func() any { p := make([]byte, nextChunk); return &p }
	return b
}

// message is one message as it arrived. Its data is valid until free.
type message struct {
	data  []byte
	chunk *[]byte // where data lies; nil if it is on its own
}

// slurp reads r to its end into m, charging h as it goes. Errors: errTooLarge, those of h.grow, those of r.
func (s *Server) slurp(m *message, r io.Reader, h *hold, deadline time.Time) error {
	if err := h.grow(firstChunk, deadline, s.stop); err != nil {
		return err
	}
	first := s.buffers.first.Get().(*[]byte)
	n, more, err := fill(r, *first, s.o.MaxMessageSize)
	switch {
	case err != nil:
		s.buffers.first.Put(first)
	case more:
		m.data, err = s.slurpRest(first, r, h, deadline)
	default:
		m.data, m.chunk = (*first)[:n], first
	}
	if err == nil {
		h.complete()
	}
	return err
}

// slurpRest reads what did not fit into the first chunk, and joins the parts.
func (s *Server) slurpRest(first *[]byte, r io.Reader, h *hold, deadline time.Time) ([]byte, error) {
	chunks := []*[]byte{first}
	defer func() {
		s.buffers.first.Put(first)
		for _, c := range chunks[1:] {
			s.buffers.next.Put(c)
		}
	}()
	size, more := int64(firstChunk), true
	for last := 0; more; size += int64(last) {
		if err := h.grow(nextChunk, deadline, s.stop); err != nil {
			return nil, err
		}
		c := s.buffers.next.Get().(*[]byte)
		chunks = append(chunks, c)
		var err error
		if last, more, err = fill(r, *c, s.o.MaxMessageSize-size); err != nil {
			return nil, err
		}
	}
	whole := make([]byte, 0, size)
	for _, c := range chunks {
		whole = append(whole, (*c)[:min(int64(len(*c)), size-int64(len(whole)))]...)
	}
	return whole, nil
}

// fill reads until p is full, which it reports as more, or r ends. Errors:
// errTooLarge where there are more than limit bytes.
func fill(r io.Reader, p []byte, limit int64) (n int, more bool, err error) {
	for n < len(p) {
		var k int
		k, err = r.Read(p[n:])
		n += k
		switch {
		case int64(n) > limit:
			return n, false, errTooLarge
		case errors.Is(err, io.EOF):
			return n, false, nil
		case err != nil:
			return n, false, err
		}
	}
	return n, true, nil
}

// free gives the memory of m back.
func (b *buffers) free(m *message) {
	if m.chunk != nil {
		b.first.Put(m.chunk)
	}
	*m = message{}
}
