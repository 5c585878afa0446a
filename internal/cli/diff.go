package cli

import (
	"fmt"
	"strings"
)

// PrintDiff writes a unified diff: to a terminal for people, elsewhere as it is, for patch(1).
func (w World) PrintDiff(diff string) {
	if w.Screen.Width == 0 {
		fmt.Fprint(w.Stdout, diff)
		return
	}
	for line := range strings.Lines(diff) {
		text := PlainLines(strings.TrimSuffix(line, "\n"))
		colour := NoColour
		switch {
		case strings.HasPrefix(text, "+++"), strings.HasPrefix(text, "---"), strings.HasPrefix(text, "diff "):
			colour = Bold
		case strings.HasPrefix(text, "+"):
			colour = Green
		case strings.HasPrefix(text, "-"):
			colour = Red
		case strings.HasPrefix(text, "@@"):
			colour = Cyan
		}
		fmt.Fprintln(w.Stdout, w.Screen.Paint(colour, text))
	}
}
