package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Plain makes visible what a terminal would obey rather than show: agents and operators choose names freely.
func Plain(text string) string {
	if !strings.ContainsFunc(text, obeyed) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text { // a byte that is no UTF-8 becomes U+FFFD
		if obeyed(r) {
			b.WriteString(escaped(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// obeyed are control characters, and those that change the order of what follows (Unicode's Cf).
func obeyed(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// escaped is a character as YAML and Go write it, and below U+10000 also JSON.
func escaped(r rune) string {
	if r > 0xffff {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// escapedJSON is a character as JSON writes it, above U+FFFF as two.
func escapedJSON(r rune) string {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		return escaped(high) + escaped(low)
	}
	return escaped(r)
}

// escapeObeyed escapes what a terminal would obey where it stands in quotes, which changes nothing of what a text says.
func escapeObeyed(text []byte, escape func(rune) string) []byte {
	if !bytes.ContainsFunc(text, harmful) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		if harmful(r) {
			b.WriteString(escape(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

// harmful is what is obeyed and does not just lay out a text.
func harmful(r rune) bool { return r != '\n' && r != '\t' && obeyed(r) }

// PlainLines is Plain for a text of several lines.
func PlainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Plain(strings.ReplaceAll(line, "\t", "        "))
	}
	return strings.Join(lines, "\n")
}

// plainWriter is PlainLines for what is written in pieces.
type plainWriter struct {
	out  io.Writer
	rest []byte // of a character, or an end of a line, that has begun
}

// Write implements io.Writer.
func (p *plainWriter) Write(b []byte) (int, error) {
	text := append(p.rest, b...)
	whole := len(text)
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if start := len(text) - n; utf8.RuneStart(text[start]) {
			if !utf8.FullRune(text[start:]) {
				whole = start
			}
			break
		}
	}
	if whole > 0 && text[whole-1] == '\r' { // what follows says whether a line ends there, as in CSV and on Windows
		whole--
	}
	p.rest = bytes.Clone(text[whole:])
	_, err := io.WriteString(p.out, PlainLines(strings.ReplaceAll(string(text[:whole]), "\r\n", "\n")))
	return len(b), err
}

// Verbatim is standard output for a text that is not this program's own. A file or a program gets its
// bytes; a terminal obeys none of them.
func (w World) Verbatim() io.Writer {
	if w.Screen.Width == 0 {
		return w.Stdout
	}
	return &plainWriter{out: w.Stdout}
}
