package main

import (
	"io"
	"sync"
)

// remembering is an output that keeps the first error of its writes. Most commands print without looking, and what is lost is
// told at the end: a token that did not get into its file, say, is no success.
type remembering struct {
	to io.Writer

	mu    sync.Mutex
	first error
}

// Write implements io.Writer.
func (r *remembering) Write(b []byte) (int, error) {
	n, err := r.to.Write(b)
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.first == nil {
			r.first = err
		}
	}
	return n, err
}

func (r *remembering) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}
