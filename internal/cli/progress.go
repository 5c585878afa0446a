package cli

import "fmt"

// Progress tells on a terminal how far something is that takes long; elsewhere it is silent.
type Progress struct {
	w           World
	what        string
	total, done int
}

// NewProgress begins to tell of total steps; with 0 it is not known how many there are.
func NewProgress(w World, what string, total int) *Progress {
	p := &Progress{w: w, what: what, total: total}
	p.show()
	return p
}

// Step says that one more is done.
func (p *Progress) Step() {
	p.done++
	p.show()
}

// End takes the line away.
func (p *Progress) End() {
	if p.w.Screen.Stderr {
		fmt.Fprint(p.w.Stderr, "\r\x1b[K")
	}
}

func (p *Progress) show() {
	switch {
	case !p.w.Screen.Stderr:
	case p.total > 0:
		fmt.Fprintf(p.w.Stderr, "\r\x1b[K%s %d/%d", p.what, p.done, p.total)
	default:
		fmt.Fprintf(p.w.Stderr, "\r\x1b[K%s %d", p.what, p.done)
	}
}
