package redact

import (
	"bytes"
	"unicode/utf8"
)

// suspicious reports whether body may hold anything to redact. It is what most
// bodies get to see and nothing else, so it runs once over the bytes and
// allocates nothing. What it lets pass, the slow way would leave as it is.
func suspicious(body []byte) bool {
	if bytes.IndexByte(body, 0) >= 0 || isUTF16(body) {
		return true // the words below would be spelled with zeros in between
	}
	if hasSpelledOut(body) || hasUserinfo(body) || hasLoneCR(body) {
		return true
	}
	flow := isFlow(body)
	var seen uint32
	for i, c := range body {
		seen = (seen<<5 | uint32(c&31)) & 0x7FFF
		if fragments[seen] && i >= 2 && suspiciousAt(body, i-2, flow) {
			return true
		}
	}
	return false
}

// fragments are three letters, of five bits each as ASCII has them in either
// case, of every word that a key or a value is recognised by.
var fragments = [1 << 15]bool{
	'p'&31<<10 | 'a'&31<<5 | 's'&31: true, // password, passphrase, pass
	'p'&31<<10 | 'w'&31<<5 | 'd'&31: true,
	's'&31<<10 | 'e'&31<<5 | 'c'&31: true, // secret
	't'&31<<10 | 'o'&31<<5 | 'k'&31: true, // token
	'c'&31<<10 | 'r'&31<<5 | 'e'&31: true, // credentials
	'a'&31<<10 | 'u'&31<<5 | 't'&31: true, // authorization
	'c'&31<<10 | 'o'&31<<5 | 'o'&31: true, // cookie
	'o'&31<<10 | 'n'&31<<5 | 'n'&31: true, // connection string
	'b'&31<<10 | 'e'&31<<5 | 'a'&31: true, // bearer
	'b'&31<<10 | 'a'&31<<5 | 's'&31: true, // basic
	'b'&31<<10 | 'e'&31<<5 | 'g'&31: true, // -----BEGIN
	'd'&31<<10 | 's'&31<<5 | 'n'&31: true,
	's'&31<<10 | 'a'&31<<5 | 's'&31: true,
	'p'&31<<10 | 's'&31<<5 | 'k'&31: true,
	'j'&31<<10 | 'w'&31<<5 | 't'&31: true,
	'k'&31<<10 | 'e'&31<<5 | 'y'&31: true,
	's'&31<<10 | 'i'&31<<5 | 'g'&31: true, // sig=
	't'&31<<10 | 'e'&31<<5 | 'a'&31: true, // x-honeycomb-team
	'a'&31<<10 | 'p'&31<<5 | 'i'&31: true, // api: {key: x}
}

// suspiciousAt looks closer at a fragment that begins at i.
func suspiciousAt(body []byte, i int, flow bool) bool {
	rest := body[i:]
	switch {
	case hasPrefixFold(rest, "begin"):
		return i > 0 && body[i-1] == '-'
	case hasPrefixFold(rest, "basic"):
		return mayPresent(rest[len("basic"):])
	case hasPrefixFold(rest, "bearer") && mayPresent(rest[len("bearer"):]):
		return true
	case hasPrefixFold(rest, "sig"):
		return len(rest) > 3 && rest[3] == '='
	case hasPrefixFold(rest, "api"):
		return startsSign(rest[len("api"):])
	}
	return suspiciousName(body, i, flow)
}

// startsSign reports whether a key ends here.
func startsSign(rest []byte) bool {
	rest = bytes.TrimLeft(rest[:min(len(rest), maxKey)], "\"' \t")
	return len(rest) > 0 && rest[0] == ':'
}

// suspiciousName judges the name around i, together with the words beside it.
func suspiciousName(body []byte, i int, flow bool) bool {
	start, end := i, i
	for start > 0 && isNameByte(body[start-1]) {
		start--
	}
	for end < len(body) && isNameByte(body[end]) {
		end++
	}
	if end == i { // the fragment was of other characters with the same bits
		return false
	}
	if end-start > maxKey {
		return true
	}
	escaped := start > 0 && body[start-1] == '\\' && end-start > 1
	from, to := start, end
	for gap := 0; gap < maxGap && from > 0 && !isNameByte(body[from-1]) && !isBreak(body[from-1]); gap++ {
		from--
	}
	for from > 0 && isNameByte(body[from-1]) && start-from < maxKey {
		from--
	}
	for gap := 0; gap < maxGap && to < len(body) && !isNameByte(body[to]) && !isBreak(body[to]); gap++ {
		to++
	}
	for to < len(body) && isNameByte(body[to]) && to-end < maxKey {
		to++
	}
	if classify(body[from:to]) == plain && (!escaped || classify(body[start+1:end]) == plain) {
		return false
	}
	return !harmlessFollows(body, start, end, flow) && !isReferred(body, start, end)
}

// isReferred reports whether a name is that of a ${NAME} or ${env:NAME} which is no key.
func isReferred(body []byte, start, end int) bool {
	before := bytes.TrimSuffix(body[max(0, start-6):start], []byte("env:"))
	if !bytes.HasSuffix(before, []byte("${")) || end == len(body) || body[end] != '}' {
		return false
	}
	line := body[end+1 : min(len(body), end+1+maxKey)]
	if n := bytes.IndexAny(line, "\r\n"); n >= 0 {
		line = line[:n]
	} else if len(line) == maxKey {
		return false
	}
	return !bytes.ContainsAny(line, ":=")
}

// mayPresent reports whether what follows "Bearer" or "Basic" may be what it presents.
func mayPresent(rest []byte) bool {
	if len(rest) == 0 || !isSpace(rest[0]) && rest[0] != '\\' && rest[0] < utf8.RuneSelf {
		return false
	}
	if !isBreak(rest[0]) {
		blanks := bytes.TrimLeft(rest, " \t")
		if len(blanks) > 0 && !isBreak(blanks[0]) {
			return blanks[0] != '#'
		}
		rest = blanks
	}
	// The value ends with the line, unless the next one carries it on.
	return carriesOn(rest, 0)
}

// carriesOn reports whether a plain value may go on in the line after this
// line's end. It does not where the next line holds an entry of its own, or is
// not indented more than what the value belongs to.
func carriesOn(rest []byte, indent int) bool {
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		text := bytes.TrimSpace(line)
		if len(text) == 0 {
			rest = after
			continue
		}
		if text[0] == '#' || bytes.HasPrefix(text, []byte("- ")) || bytes.HasSuffix(text, []byte(":")) || bytes.Contains(text, []byte(": ")) {
			return false
		}
		own := len(line) - len(bytes.TrimLeft(line, " \t"))
		return indent == 0 || own > indent
	}
	return false
}

// harmlessFollows reports whether a name is a key whose value can be seen to be
// no credential: empty, null, true, false, a reference or redacted already.
// Effective configurations are full of such keys, since they hold all defaults.
func harmlessFollows(body []byte, start, end int, flow bool) bool {
	lineStart := bytes.LastIndexByte(body[:start], '\n') + 1
	before := body[lineStart:start]
	if len(before) > maxKey || bytes.IndexByte(before, '&') >= 0 || bytes.IndexByte(before, '!') >= 0 || bytes.IndexByte(before, '=') >= 0 {
		return false // an anchored key may stand for another one elsewhere
	}
	rest := body[end:]
	if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
		rest = rest[1:]
	}
	if len(rest) < 2 || rest[0] != ':' || rest[1] != ' ' {
		return false
	}
	quoted := startsQuoted(rest[1:])
	rest, ok := cutHarmless(rest[1:])
	if !ok {
		return false
	}
	if len(rest) == 0 || flow && endsFlowValue(rest[0]) {
		return true
	}
	if !isBreak(rest[0]) {
		return false
	}
	if flow || quoted {
		return true
	}
	indent := len(before) - len(bytes.TrimLeft(before, " "))
	return !carriesDeeper(rest, indent)
}

// carriesDeeper reports whether the next line that is not blank is indented by more than indent.
func carriesDeeper(rest []byte, indent int) bool {
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		if text := bytes.TrimLeft(line, " "); len(bytes.TrimSpace(text)) > 0 {
			return len(line)-len(text) > indent || bytes.IndexByte([]byte("\t#;/"), text[0]) >= 0
		}
		rest = after
	}
	return false
}

func startsQuoted(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " ")
	return len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'')
}

func endsFlowValue(c byte) bool { return c == ',' || c == '}' || c == ']' }

// cutHarmless takes a value off that is no credential, and the blanks around it.
func cutHarmless(rest []byte) ([]byte, bool) {
	quoted := startsQuoted(rest)
	rest = bytes.TrimLeft(rest, " ")
	rest, ok := cutHarmlessValue(rest, quoted)
	return bytes.TrimLeft(rest, " "), ok
}

func cutHarmlessValue(rest []byte, quoted bool) ([]byte, bool) {
	if quoted {
		quote := rest[0]
		n := bytes.IndexByte(rest[1:], quote)
		if n < 0 {
			return rest, false
		}
		value, after := rest[1:1+n], rest[2+n:]
		ok := n == 0 && (len(after) == 0 || after[0] != quote) || string(value) == mark || isPlainReference(value)
		return after, ok
	}
	n := bytes.IndexAny(rest, " \t\r\n,}]#")
	if n < 0 {
		n = len(rest)
	}
	if len(rest) > 2 && rest[0] == '$' {
		if close := bytes.IndexByte(rest, '}'); close >= 0 {
			n = close + 1
		}
	}
	value := rest[:n]
	switch string(value) {
	case "null", "true", "false", "~":
		return rest[n:], true
	}
	return rest[n:], isPlainReference(value)
}

// isPlainReference reports whether a value is one ${NAME} or ${env:NAME}, without a default.
func isPlainReference(value []byte) bool {
	name, ok := bytes.CutPrefix(value, []byte("${"))
	if !ok || len(name) < 2 || name[len(name)-1] != '}' {
		return false
	}
	name = bytes.TrimPrefix(name[:len(name)-1], []byte("env:"))
	for _, c := range name {
		if !isWordByte(c) && c != '_' {
			return false
		}
	}
	return true
}

// hasSpelledOut reports whether letters may be spelled as escapes, or lines be
// joined, so that a word does not stand in the bytes as it reads.
func hasSpelledOut(body []byte) bool {
	for rest := body; ; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 || i+1 == len(rest) {
			break
		}
		switch rest[i+1] {
		case 'x', 'u', 'U', '/', '\n', '\r':
			return true
		}
		rest = rest[i+1:]
	}
	// An explicit key ("? key") may run over several lines.
	for rest := body; ; {
		i := bytes.IndexByte(rest, '?')
		if i < 0 || i+1 == len(rest) {
			return false
		}
		if isSpace(rest[i+1]) && (i == 0 || !isNameByte(rest[i-1])) {
			return true
		}
		rest = rest[i+1:]
	}
}

// hasLoneCR reports whether lines end in a way that the scan does not follow.
func hasLoneCR(body []byte) bool {
	for rest := body; ; {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			return false
		}
		if i+1 == len(rest) || rest[i+1] != '\n' {
			return true
		}
		rest = rest[i+1:]
	}
}

// hasUserinfo reports whether there may be a password in front of an @.
func hasUserinfo(body []byte) bool {
	const maxLooks, maxBack = 64, 4096
	rest := body
	for looks := 0; ; looks++ {
		i := bytes.IndexByte(rest, '@')
		if i < 0 {
			return false
		}
		at := len(body) - len(rest) + i
		from := max(at-maxBack, 0)
		before := body[from:at]
		if n := bytes.LastIndexAny(before, "\r\n"); n >= 0 {
			before = before[n+1:]
		} else if from > 0 || looks > maxLooks {
			return true
		}
		rest = rest[i+1:]
		if bytes.Contains(before, []byte("://")) || isAddress(rest) && bytes.IndexByte(before, ':') >= 0 {
			return true
		}
	}
}

// isFlow reports whether the whole body is one { } or [ ], as JSON is.
func isFlow(body []byte) bool {
	text := bytes.TrimLeft(body, " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

func isBreak(c byte) bool { return c == '\n' || c == '\r' }

func hasPrefixFold(b []byte, lowerPrefix string) bool {
	if len(b) < len(lowerPrefix) {
		return false
	}
	for i := range len(lowerPrefix) {
		if lower(b[i]) != lowerPrefix[i] {
			return false
		}
	}
	return true
}
