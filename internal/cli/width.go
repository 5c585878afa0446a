package cli

import (
	"unicode"

	"golang.org/x/text/width"
)

// length is how many columns of a terminal a text takes (Unicode's UAX #11): Chinese, Japanese and Korean
// characters and most emoji take two, what combines with the character before it takes none.
func length(text string) int {
	n := 0
	for _, r := range text {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	if r < 0x300 { // Latin, with which nearly all is written
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) || 0x1160 <= r && r <= 0x11ff { // the latter end a Korean syllable
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// Fit makes a text fit so many columns, in one line, with nothing in it that a terminal would obey.
func Fit(text string, columns int) string { return cut(Plain(text), columns) }

// cut makes a text fit so many columns. Where it was cut it may be a column short: half of a wide character is none.
func cut(text string, columns int) string {
	if length(text) <= columns {
		return text
	}
	n := 0
	for i, r := range text {
		if n += columnsOf(r); n > columns-1 {
			return text[:i] + ellipsis
		}
	}
	return text
}
