package validate

import (
	"bytes"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxMarks bounds the characters that may begin a YAML node. A parsed node
// weighs some 200 bytes and a mark begins at most two, so that a body of any
// content costs at most about 40 MB while it is checked.
const maxMarks = 100_000

// checkText refuses what should not even reach the YAML parser: too large,
// not UTF-8, characters that YAML forbids, more structure than a configuration has.
func checkText(body []byte, maxBytes int, r *report) bool {
	if len(body) > maxBytes {
		r.errorf("too-large", at{}, "The configuration has more than the %d bytes that are accepted.", maxBytes)
		return false
	}
	if offset := firstNotUTF8(body); offset >= 0 {
		r.errorf("not-utf8", at{node: position(body, offset)}, "The configuration is not UTF-8 text.")
		return false
	}
	if offset, char := firstForbidden(body); offset >= 0 {
		r.errorf("control-character", at{node: position(body, offset)}, "The character %U is not allowed in YAML.", char)
		return false
	}
	if marks := countMarks(body); marks > maxMarks {
		r.errorf("too-complex", at{}, "The configuration has too many entries to be checked.")
		return false
	}
	return true
}

func firstNotUTF8(body []byte) int {
	if utf8.Valid(body) {
		return -1
	}
	for i := 0; i < len(body); {
		char, size := utf8.DecodeRune(body[i:])
		if char == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return -1
}

// firstForbidden finds the first character outside of YAML's printable set.
// Source: YAML 1.2, 5.1, as go.yaml.in/yaml reads it (it refuses DEL as well).
func firstForbidden(body []byte) (offset int, char rune) {
	for i := 0; i < len(body); {
		c, size := rune(body[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(body[i:])
		}
		switch {
		case c == '\t', c == '\n', c == '\r', c == 0x85:
		case c >= 0x20 && c <= 0x7E:
		case c >= 0xA0 && c <= 0xFFFD: // surrogates are not UTF-8 and were refused before
		case c >= 0x10000:
		default:
			return i, c
		}
		i += size
	}
	return -1, 0
}

// countMarks counts what may begin a node, in quoted text and comments too.
func countMarks(body []byte) int {
	marks := 0
	for i, c := range body {
		switch c {
		case ',', '[', '{', ':':
			marks++
		case '-', '?':
			if i+1 == len(body) || isBlank(body[i+1]) {
				marks++
			}
		}
	}
	return marks
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// position is the place of a byte, in the form that a finding takes its place
// from, and by YAML's idea of a line: NEL, LS and PS end one too.
func position(body []byte, offset int) *yaml.Node {
	before := bytes.TrimPrefix(body[:offset], []byte("\uFEFF"))
	place := &yaml.Node{Line: 1, Column: 1}
	for len(before) > 0 {
		c, size := utf8.DecodeRune(before)
		before = before[size:]
		switch c {
		case '\r':
			if len(before) > 0 && before[0] == '\n' {
				continue
			}
			place.Line, place.Column = place.Line+1, 1
		case '\n', 0x85, 0x2028, 0x2029:
			place.Line, place.Column = place.Line+1, 1
		default:
			place.Column++
		}
	}
	return place
}
