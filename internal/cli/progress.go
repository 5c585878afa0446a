package cli

import (
	"fmt"
	"time"
)

const (
	// unnoticed is how long something may take before it is worth telling of.
	unnoticed = 300 * time.Millisecond
	// refresh is how often it is told how far it is.
	refresh = 100 * time.Millisecond
)

// Progress tells on a terminal how far something is that takes long; elsewhere it is silent.
type Progress struct {
	w           World
	what        string
	total, done int
	next        time.Time // when to tell again
	told        bool
}

// NewProgress begins to tell of total steps; with 0 it is not known how many there are.
func NewProgress(w World, what string, total int) *Progress {
	return &Progress{w: w, what: what, total: total, next: time.Now().Add(unnoticed)}
}

// Step says that one more is done.
func (p *Progress) Step() {
	p.done++
	now := time.Now()
	if !p.w.Screen.Stderr || now.Before(p.next) {
		return
	}
	p.next, p.told = now.Add(refresh), true
	of := ""
	if p.total > 0 {
		of = fmt.Sprintf("/%d", p.total)
	}
	fmt.Fprintf(p.w.Stderr, "\r\x1b[K%s %d%s", p.what, p.done, of)
}

// End takes the line away.
func (p *Progress) End() {
	if p.told {
		fmt.Fprint(p.w.Stderr, "\r\x1b[K")
	}
}
