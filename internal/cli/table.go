package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
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
	// Keep: it is never cut, as an id that is to be copied. Optional: it is left out where the terminal is too narrow.
	Keep, Optional bool
	// Least is how wide it is at least, where there is room.
	Least int
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
	gap         = 2 // between columns
	narrowest   = 6 // of a column that is cut
	ellipsis    = "…"
	noSuchValue = "-"
)

// Write writes the titles and the rows.
func (t *Table) Write(w io.Writer, screen Screen) error {
	_, err := t.Continue(w, screen, nil)
	return err
}

// Continue writes the rows below those of an earlier table with these widths, wider where it must be; without
// widths, it begins with the titles. It returns the widths.
func (t *Table) Continue(w io.Writer, screen Screen, widths []int) ([]int, error) {
	rows := t.rows
	begins := widths == nil
	if widths = t.fit(screen.Width, widths); begins {
		rows = append([][]Cell{t.titles()}, rows...)
	}
	out := bufio.NewWriter(w)
	for n, row := range rows {
		last := lastOf(widths)
		for i, cell := range row {
			if widths[i] == 0 && t.columns[i].Optional {
				continue
			}
			text, blank := cell.Text, ""
			if text == "" && (n > 0 || !begins) {
				text, cell.Colour = noSuchValue, NoColour
			}
			text = cut(text, widths[i])
			if i != last {
				blank = strings.Repeat(" ", widths[i]-length(text)+gap)
			}
			fmt.Fprint(out, screen.Paint(cell.Colour, text), blank)
		}
		fmt.Fprintln(out)
	}
	return widths, out.Flush()
}

func (t *Table) titles() []Cell {
	titles := make([]Cell, len(t.columns))
	for i, c := range t.columns {
		titles[i] = Cell{Text: c.Title, Colour: Bold}
	}
	return titles
}

// fit finds the widths of the columns. What is optional goes, from the right, and then the widest is made
// narrower, until all fit, as far as that goes. The width of a column that is left out is 0.
func (t *Table) fit(width int, least []int) []int {
	widths := make([]int, len(t.columns))
	copy(widths, least)
	total := -gap
	for i, c := range t.columns {
		if least != nil && least[i] == 0 && c.Optional {
			continue // it was left out before
		}
		widths[i] = max(widths[i], length(c.Title), c.Least)
		for _, row := range t.rows {
			widths[i] = max(widths[i], length(row[i].Text))
		}
		total += widths[i] + gap
	}
	if width == 0 {
		return widths
	}
	for i := len(widths) - 1; i >= 0 && total > width; i-- {
		if t.columns[i].Optional && widths[i] > 0 {
			total -= widths[i] + gap
			widths[i] = 0
		}
	}
	for ; total > width; total-- {
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
	}
	return widths
}

// lastOf is the last column that is shown.
func lastOf(widths []int) int {
	last := len(widths) - 1
	for last > 0 && widths[last] == 0 {
		last--
	}
	return last
}
