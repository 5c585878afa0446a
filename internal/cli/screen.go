package cli

import (
	"cmp"
	"os"
)

// usualWidth is that of a terminal that does not say.
const usualWidth = 80

// Look finds out which of the streams are a terminal.
func (w World) Look() Screen {
	terminal := func(stream any) (width, height int, ok bool) {
		if f, isFile := stream.(*os.File); isFile {
			return size(f)
		}
		return 0, 0, false
	}
	var s Screen
	_, _, s.Stdin = terminal(w.Stdin)
	_, _, s.Stderr = terminal(w.Stderr)
	if width, height, ok := terminal(w.Stdout); ok {
		s.Width, s.Height = cmp.Or(width, usualWidth), height
		s.Moves = w.Env("TERM") != "dumb" && w.Env("TERM") != ""
		s.Colour = s.Moves && w.Env("NO_COLOR") == ""
	}
	return s
}
