package cli

import (
	"cmp"
	"os"
)

// usualWidth is that of a terminal that does not say.
const usualWidth = 80

// Look finds out which of the streams are a terminal.
func (w World) Look() Screen {
	terminal := func(stream any) (int, bool) {
		if f, ok := stream.(*os.File); ok {
			return columns(f)
		}
		return 0, false
	}
	var s Screen
	_, s.Stdin = terminal(w.Stdin)
	_, s.Stderr = terminal(w.Stderr)
	if width, ok := terminal(w.Stdout); ok {
		s.Width = cmp.Or(width, usualWidth)
		s.Colour = w.Env("NO_COLOR") == "" && w.Env("TERM") != "dumb" && w.Env("TERM") != ""
	}
	return s
}
