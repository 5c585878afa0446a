package redact

import "strings"

// isReference reports whether a value consists of ${...} references alone, which
// name a credential without being one. A default that is written into the
// reference, or the value itself behind yaml:, is one.
func isReference(s string) bool {
	if !strings.HasPrefix(s, "${") {
		return false
	}
	for s != "" {
		n := referenceLength(s)
		if n < len("${x}") || s[n-1] != '}' {
			return false
		}
		inside := s[len("${") : n-1]
		if strings.HasPrefix(inside, "yaml:") {
			return false
		}
		if _, fallback, ok := strings.Cut(inside, ":-"); ok && fallback != "" && !isReference(fallback) {
			return false
		}
		s = s[n:]
	}
	return true
}

// referenceLength is how many bytes of s the reference takes that s begins
// with; it is 1 if s does not begin with a whole one.
func referenceLength(s string) int {
	if !strings.HasPrefix(s, "${") {
		return 1
	}
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '\n':
			return 1
		}
	}
	return 1
}

// harmless reports whether a value under a key that looks like a credential
// hides nothing: it is empty, a reference, or redacted already.
func harmless(value string, c class) bool {
	value = strings.TrimSpace(value)
	switch {
	case value == "", value == mark, value == "REDACTED", isReference(value): // [REDACTED] without quotes is a list of one
		return true
	case c == material && isFilePath(value):
		return true
	}
	// "Bearer ${env:TOKEN}"
	scheme, rest, ok := strings.Cut(value, " ")
	return ok && isScheme(scheme) && (rest == mark || isReference(rest))
}

func isScheme(s string) bool {
	switch strings.ToLower(s) {
	case "bearer", "basic", "token", "apikey", "splunk", "digest", "negotiate":
		return true
	}
	return false
}

// isFilePath reports whether a value names a file: rooted, and with an
// extension, which no Base64 can have.
func isFilePath(s string) bool {
	s = strings.TrimPrefix(s, "file://")
	rooted := strings.HasPrefix(s, "/") || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") || strings.HasPrefix(s, "~/") ||
		len(s) > 3 && s[1] == ':' && s[2] == '\\'
	if !rooted || strings.ContainsAny(s, " \t\r\n=+,;@") {
		return false
	}
	dot := strings.LastIndexByte(s, '.')
	return dot > 0 && len(s)-dot > 2 && len(s)-dot <= 6 && !strings.ContainsAny(s[dot:], `/\`)
}
