package declared

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// shownFaults bounds how many faults an error tells.
const shownFaults = 50

// Fault is what is wrong with a file; Line is 0 where it is the whole file.
type Fault struct {
	File string
	Line int
	Msg  string
}

func (f Fault) String() string {
	at := shownName(f.File)
	if f.Line > 0 {
		at += ":" + strconv.Itoa(f.Line)
	}
	return at + ": " + f.Msg
}

// Faults is the error of files that do not declare a state, with everything that is wrong.
type Faults []Fault

func (all Faults) Error() string {
	var lines []string
	for _, f := range all[:min(len(all), shownFaults)] {
		lines = append(lines, f.String())
	}
	if more := len(all) - shownFaults; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// faults collects what is wrong.
type faults struct{ list Faults }

func (f *faults) add(at position, format string, args ...any) {
	f.list = append(f.list, Fault{at.file, at.line, fmt.Sprintf(format, args...)})
}

// err returns them, by file and line; nil where there are none.
func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(x, y Fault) int {
		return cmp.Or(strings.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line))
	})
	return f.list
}

// shownName is a file's name as it may be printed: one that would do something to a
// terminal, or end the line, is quoted.
func shownName(file string) string {
	if printable(file) {
		return file
	}
	return strconv.Quote(file)
}
