package validate

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/ollystack/control-plane/fleet"
)

// WriteText prints findings one to a line, as compilers do, so that editors can
// jump to them: file:line:column: severity: message [code]. name is what the
// file is called.
func WriteText(w io.Writer, name string, findings []fleet.Finding) error {
	out := bufio.NewWriter(w)
	for _, f := range findings {
		// A bufio.Writer keeps its first error for Flush.
		_, _ = fmt.Fprintf(out, "%s:%d:%d: %s: %s [%s]\n", oneLine(name), f.Line, f.Column, f.Severity, oneLine(f.Message), f.Code)
	}
	return out.Flush()
}

// oneLine keeps what is printed from breaking the line or steering the terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
}
