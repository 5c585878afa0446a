package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Colour is of a cell, on a terminal that wants it.
type Colour string

// Colours, as SGR parameters (ECMA-48).
const (
	NoColour Colour = ""
	Red      Colour = "31"
	Green    Colour = "32"
	Yellow   Colour = "33"
	Cyan     Colour = "36"
	Grey     Colour = "90"
	Bold     Colour = "1"
)

// Paint colours a text, where the screen wants colours.
func (s Screen) Paint(c Colour, text string) string {
	if !s.Colour || c == NoColour || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// Column is one of a table.
type Column struct {
	Title string
	Keep  bool // it is never cut, as an id that is to be copied
}

// Cell is one of a row.
type Cell struct {
	Text   string
	Colour Colour
}

// Table is a list for people. It fits the width of a terminal: what is too long is cut there, and nowhere else.
type Table struct {
	columns []Column
	rows    [][]Cell
}

// NewTable makes a table without rows.
func NewTable(columns ...Column) *Table { return &Table{columns: columns} }

// Row adds a row. What a terminal would obey is made visible.
func (t *Table) Row(cells ...Cell) {
	for i := range cells {
		cells[i].Text = Plain(cells[i].Text)
	}
	t.rows = append(t.rows, cells)
}

// Texts adds a row without colours.
func (t *Table) Texts(texts ...string) {
	cells := make([]Cell, len(texts))
	for i, text := range texts {
		cells[i].Text = text
	}
	t.Row(cells...)
}

const (
	gap         = 3 // between columns
	narrowest   = 6 // of a column that is cut
	ellipsis    = "…"
	noSuchValue = "-"
)

// Write writes the titles and the rows.
func (t *Table) Write(w io.Writer, screen Screen) error {
	widths := t.fit(screen.Width)
	out := bufio.NewWriter(w)
	titles := make([]Cell, len(t.columns))
	for i, c := range t.columns {
		titles[i] = Cell{Text: c.Title, Colour: Bold}
	}
	for n, row := range append([][]Cell{titles}, t.rows...) {
		for i, cell := range row {
			text, blank := cell.Text, ""
			if text == "" && n > 0 {
				text = noSuchValue
			}
			text = cut(text, widths[i])
			if i < len(row)-1 {
				blank = strings.Repeat(" ", widths[i]-length(text)+gap)
			}
			fmt.Fprint(out, screen.Paint(cell.Colour, text), blank)
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// fit finds the widths of the columns: the widest is made narrower until all fit, as far as that goes.
func (t *Table) fit(width int) []int {
	widths := make([]int, len(t.columns))
	total := gap * (len(widths) - 1)
	for i, c := range t.columns {
		widths[i] = length(c.Title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], length(row[i].Text))
		}
		total += widths[i]
	}
	for width > 0 && total > width {
		widest := -1
		for i, c := range t.columns {
			if !c.Keep && widths[i] > max(narrowest, length(c.Title)) && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
		total--
	}
	return widths
}

func length(text string) int { return utf8.RuneCountInString(text) }

func cut(text string, width int) string {
	if length(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + ellipsis
}

// Plain makes visible what a terminal would obey rather than show: agents and operators choose names freely.
func Plain(text string) string {
	if !strings.ContainsFunc(text, obeyed) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if obeyed(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// obeyed are control characters, and those that change the order of what follows (Unicode's Cf).
func obeyed(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// PlainLines is Plain for a text of several lines.
func PlainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Plain(strings.ReplaceAll(line, "\t", "        "))
	}
	return strings.Join(lines, "\n")
}
