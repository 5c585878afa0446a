package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with what was set.
type Fault struct {
	// Origin is where it came from, as in Value. A file's is without a line where the whole file is at fault.
	Origin string
	// Key is the setting's name, or the unknown name; empty where no single setting is at fault.
	Key string
	// Message is for the operator. It never holds a secret.
	Message string
}

// String returns the fault as one line.
func (f Fault) String() string {
	parts := []string{f.Origin, f.Key, f.Message}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}

// Faults is everything that is wrong, in the order file, credentials, environment, flags,
// and then what does not fit together. Load returns it as its error.
type Faults struct {
	List []Fault // never empty
}

// Error returns a line that says how many there are, and a line for each.
func (f *Faults) Error() string {
	var b strings.Builder
	if len(f.List) == 1 {
		b.WriteString("1 fault in the settings:")
	} else {
		fmt.Fprintf(&b, "%d faults in the settings:", len(f.List))
	}
	for _, fault := range f.List {
		b.WriteString("\n  " + fault.String())
	}
	return b.String()
}

func (f *Faults) add(origin, key, format string, args ...any) {
	f.List = append(f.List, Fault{Origin: origin, Key: key, Message: fmt.Sprintf(format, args...)})
}

// err returns f where it holds a fault, and otherwise nil.
func (f *Faults) err() error {
	if len(f.List) == 0 {
		return nil
	}
	return f
}

// nearest returns which of the known names was probably meant by name, or
// nothing where none is near. A last part that fits, in whichever section,
// counts as two mistakes.
func nearest(name string, known []string) string {
	type guess struct {
		name     string
		distance int
	}
	var guesses []guess
	if !quotable(name) {
		return "" // so long that comparing it would take a while
	}
	for _, k := range known {
		d := distance(name, k)
		if last := k[strings.LastIndexByte(k, '.')+1:]; last != k && name[strings.LastIndexByte(name, '.')+1:] == last {
			d = min(d, 2)
		}
		if d <= max(2, len(name)/3) {
			guesses = append(guesses, guess{k, d})
		}
	}
	if len(guesses) == 0 {
		return ""
	}
	return slices.MinFunc(guesses, func(a, b guess) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	}).name
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
