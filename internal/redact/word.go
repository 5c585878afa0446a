package redact

// text is what keys are read from: a body's bytes, or a parsed string.
type text interface{ ~string | ~[]byte }

// maxWord is how much of a word is looked at, from its end: more than any that is known.
const maxWord = 32

// word is one lower-case word of a key, without the digits that number it. It
// is a value, so that looking at keys allocates nothing.
type word struct {
	bytes [maxWord]byte
	n     int
}

func (w *word) name() []byte { return w.bytes[:w.n] }

func (w *word) ends(suffix string) bool {
	return w.n >= len(suffix) && string(w.bytes[w.n-len(suffix):w.n]) == suffix
}

// nextWord takes the first word off s. Words end at bytes that belong to no
// name, at _ - and ., and where the case says so: apiKey, APIKey.
func nextWord[T text](s T) (w word, rest T, ok bool) {
	start := 0
	for start < len(s) && !isWordByte(s[start]) {
		start++
	}
	if start == len(s) {
		return w, s[start:], false
	}
	end := start + 1
	for end < len(s) && isWordByte(s[end]) {
		if isUpper(s[end]) && (!isUpper(s[end-1]) || end+1 < len(s) && isLower(s[end+1])) {
			break
		}
		end++
	}
	last := end
	for last > start+1 && isDigit(s[last-1]) {
		last--
	}
	for i := max(start, last-maxWord); i < last; i++ {
		w.bytes[w.n] = lower(s[i])
		w.n++
	}
	return w, s[end:], true
}

func isNameByte(c byte) bool { return isWordByte(c) || c == '_' || c == '-' || c == '.' }
func isWordByte(c byte) bool { return isLower(c) || isUpper(c) || isDigit(c) || c >= 0x80 }
func isLower(c byte) bool    { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool    { return 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isSpace(c byte) bool    { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func lower(c byte) byte {
	if isUpper(c) {
		return c + ('a' - 'A')
	}
	return c
}
