// Package redact hides credentials in the configurations that agents report and
// in the messages that they send, before anybody is shown them.
//
// What counts as a credential is told by the key (password, api_key,
// Authorization, ...) and, wherever they stand, by private keys, passwords in
// URLs and what follows Bearer or Basic. Keys that only lead to a credential
// (password_file, token_url), references (${env:PASSWORD}), booleans and nulls are
// left as they are, and so is every byte around what is hidden where the body
// can be parsed. In doubt more is hidden: a body that cannot be parsed loses the
// rest of each line that looks like a credential.
//
// It reduces what leaks; it does not make a configuration public. A credential
// under a key that does not say so, and without a form that gives it away,
// cannot be found.
package redact

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// maxMarks bounds the nodes of a body that is parsed, and with them the memory:
// what has more of the characters that begin one is read line by line.
const maxMarks = 500_000

// Config hides the credentials in a configuration, YAML or JSON, and reports
// whether it hid anything. If not, redacted is body itself; body is never
// changed. JSON stays JSON, and what parses as YAML still does. Bodies that
// cannot hold a credential cost one scan and no memory. Safe for concurrent use.
func Config(body []byte) (redacted []byte, changed bool) {
	if !suspicious(body) {
		return body, false
	}
	return slowly(body)
}

// slowly is Config for bodies that may hold a credential.
func slowly(body []byte) (redacted []byte, changed bool) {
	text := body
	if isUTF16(text) {
		text = fromUTF16(text)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		// No configuration has them, and they would keep words from being recognised.
		text = bytes.ReplaceAll(text, []byte{0}, nil)
	}
	out := hidden(text)
	if bytes.Equal(out, body) {
		return body, false
	}
	return out, true
}

func hidden(text []byte) []byte {
	if countMarks(text) > maxMarks {
		return brokenText(text)
	}
	if isFlow(text) || bytes.HasPrefix(bytes.TrimSpace(text), []byte(`"`)) {
		if doc, ok := parseJSON(text); ok {
			return doc.redacted(encodings{quoteAll})
		}
	}
	if doc, ok := parseYAML(text); ok {
		return doc.redacted(encodings{keepStyle, quoteAll})
	}
	return brokenText(text)
}

// brokenText hides credentials in text that has no structure that we can read.
func brokenText(text []byte) []byte {
	return []byte(scrubLines(scrubAnywhere(string(text)), true))
}

func countMarks(text []byte) int {
	marks := 0
	for _, c := range text {
		switch c {
		case ',', '[', '{', ':', '-', '?':
			marks++
		}
	}
	return marks
}

func isUTF16(body []byte) bool {
	return len(body) >= 2 && (body[0] == 0xFE && body[1] == 0xFF || body[0] == 0xFF && body[1] == 0xFE)
}

// fromUTF16 decodes text that begins with a byte order mark, which YAML allows.
func fromUTF16(body []byte) []byte {
	var order binary.ByteOrder = binary.BigEndian
	if body[0] == 0xFF {
		order = binary.LittleEndian
	}
	body = body[2:]
	units := make([]uint16, 0, len(body)/2)
	for ; len(body) >= 2; body = body[2:] {
		units = append(units, order.Uint16(body))
	}
	return []byte(string(utf16.Decode(units)))
}
