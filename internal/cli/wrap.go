package cli

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// leastWrapped is how many columns there have to be for a text to be broken into lines: less would be a column of words.
const leastWrapped = 20

// painted is what Paint adds, which takes no place on a terminal.
var painted = regexp.MustCompile("\x1b\\[[0-9]+m")

// Field writes a name, and from a column on what there is to say of it, in as many lines as it takes on the terminal.
func (s Screen) Field(out io.Writer, column int, name, text string) {
	fmt.Fprintf(out, "%-*s%s\n", column, name, s.Wrap(text, column))
}

// Wrap breaks a text where it begins in a column and the terminal is too narrow for it: behind commas, and where that does not
// do between words. The lines that follow begin in the same column. A word that is longer than a line stays whole.
func (s Screen) Wrap(text string, column int) string {
	room := s.Width - column
	if s.Width == 0 || room < leastWrapped {
		return text
	}
	var b strings.Builder
	used := 0
	for i, word := range words(text, room) {
		n := shown(word)
		switch {
		case i == 0:
		case used+1+n > room:
			b.WriteString("\n" + strings.Repeat(" ", column))
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}

// words are what stays together on a line.
func words(text string, room int) []string {
	var all []string
	for item := range strings.SplitSeq(strings.ReplaceAll(text, ", ", ",\n"), "\n") {
		if shown(item) <= room {
			all = append(all, item)
		} else {
			all = append(all, strings.Split(item, " ")...)
		}
	}
	return all
}

// shown is how many columns a text takes.
func shown(text string) int { return length(painted.ReplaceAllString(text, "")) }
