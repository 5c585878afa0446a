package validate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/ollystack/control-plane/fleet"
)

const (
	maxNameShown    = 80   // characters of a name that a message quotes
	maxMessageShown = 400  // characters of a message
	maxPathShown    = 1000 // bytes of a path
)

// report gathers findings, errors apart from warnings, so that many warnings
// never push out the error that stops the configuration.
type report struct {
	max      int
	errors   []fleet.Finding
	warnings []fleet.Finding
	dropped  int
}

func (r *report) hasErrors() bool { return len(r.errors) > 0 }

func (r *report) errorf(code string, where at, format string, args ...any) {
	r.add(&r.errors, fleet.SeverityError, code, where, format, args)
}

func (r *report) warnf(code string, where at, format string, args ...any) {
	r.add(&r.warnings, fleet.SeverityWarning, code, where, format, args)
}

func (r *report) add(to *[]fleet.Finding, severity fleet.Severity, code string, where at, format string, args []any) {
	if len(*to) >= r.max {
		r.dropped++
		return
	}
	line, column := 1, 1
	if where.node != nil {
		line, column = where.node.Line, where.node.Column
	}
	*to = append(*to, fleet.Finding{
		Severity: severity,
		Code:     code,
		Path:     cut(where.path, maxPathShown),
		Line:     line,
		Column:   column,
		Message:  cut(fmt.Sprintf(format, args...), maxMessageShown),
	})
}

// findings returns what was gathered in the order of lines, at most max and
// perhaps one more that counts what was left out. end is the end of the body:
// the parser puts what is missing there a line further down.
func (r *report) findings(end *yaml.Node) []fleet.Finding {
	room := r.max - len(r.errors)
	dropped := r.dropped
	warnings := r.warnings
	if len(warnings) > room {
		dropped += len(warnings) - room
		warnings = warnings[:room]
	}
	all := slices.Concat(r.errors, warnings)
	for i := range all {
		if f := &all[i]; f.Line > end.Line || f.Line == end.Line && f.Column > end.Column {
			f.Line, f.Column = end.Line, end.Column
		}
	}
	slices.SortStableFunc(all, func(a, b fleet.Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Path, b.Path))
	})
	if dropped > 0 {
		last := all[len(all)-1]
		all = append(all, fleet.Finding{
			Severity: fleet.SeverityWarning,
			Code:     "too-many-findings",
			Line:     last.Line,
			Column:   last.Column,
			Message:  fmt.Sprintf("%d more findings are not shown.", dropped),
		})
	}
	return all
}

// join appends a segment to a path.
func join(path, segment string) string {
	segment = cut(segment, maxNameShown)
	if path == "" {
		return segment
	}
	return path + "::" + segment
}

// index appends a list index to a path.
func index(path string, i int) string {
	return path + "[" + strconv.Itoa(i) + "]"
}

// quote prints a name for a message: quoted, escaped, and not longer than a person reads.
func quote(name string) string {
	return strconv.Quote(cut(name, maxNameShown))
}

// cut shortens s to at most n bytes and an ellipsis, at the border of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimSpace(s[:n]) + "..."
}
