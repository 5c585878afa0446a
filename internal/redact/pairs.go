package redact

import "strings"

// pair is a name, a sign between, and a value within one string.
type pair struct {
	class    class
	name     string
	quoted   bool // the name stands in quotes
	from, to int  // of the value
}

// scrubPairs hides the values of pairs such as password=x and "token": "x".
// name: x without quotes is a pair in a message only; elsewhere scrubLines looks
// for it at the beginning of lines.
func scrubPairs(s string, message bool) string {
	var out strings.Builder
	done := 0
	for i := 0; i < len(s); i++ {
		if s[i] != '=' && s[i] != ':' {
			continue
		}
		p, ok := pairAt(s, i, message)
		if !ok || p.from < done {
			continue
		}
		if value := s[p.from:p.to]; harmless(value, p.class) || saysNothing(value) || strings.HasPrefix(value, mark) || looksLikePattern(value) {
			continue
		}
		out.WriteString(s[done:p.from] + mark)
		done = p.to
		i = p.to - 1
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// pairAt looks for a pair around the sign at i.
func pairAt(s string, i int, message bool) (p pair, ok bool) {
	if !isPairSign(s, i) {
		return p, false
	}
	start, end, quote := nameBefore(s, i)
	if start == end || s[i] == ':' && quote == 0 && !message {
		return p, false
	}
	p.name = s[start:end]
	p.quoted = quote != 0
	p.class = classify(p.name)
	value := i + 1
	for value < len(s) && (s[value] == ' ' || s[value] == '\t') {
		value++
	}
	p.from, p.to = valueAt(s, value)
	if p.from < 0 {
		// Not in quotes of its own: in those that stand around the whole pair it ends with them.
		p.from, p.to = value, bareValueEnd(s, value, p.name, message)
	} else if quote == 0 && start > 0 && s[start-1] == s[p.from-1] {
		return p, false // "password=" as a whole in quotes, and nothing after it
	}
	if p.class == plain && s[i] == '=' && strings.EqualFold(p.name, "sig") && p.to-p.from >= 20 {
		p.class = secret // of an Azure URL
	}
	return p, p.class != plain && p.from < p.to
}

// isPairSign excludes the = of comparisons and the : of URLs and paths.
func isPairSign(s string, i int) bool {
	var before, after byte
	if i > 0 {
		before = s[i-1]
	}
	if i+1 < len(s) {
		after = s[i+1]
	}
	if s[i] == ':' {
		return before != ':' && after != ':' && after != '=' && !strings.HasPrefix(s[i:], "://")
	}
	return strings.IndexByte("=!<>~", before) < 0 && after != '=' && after != '~'
}

// nameBefore finds the name that ends before a sign, and the quote around it if there is one.
func nameBefore(s string, sign int) (start, end int, quote byte) {
	end = sign
	for end > 0 && sign-end < 2 && (s[end-1] == ' ' || s[end-1] == '\t') {
		end--
	}
	if end > 0 && isQuote(s[end-1]) {
		quote = s[end-1]
		end--
		if end > 0 && s[end-1] == '\\' {
			end--
		}
	}
	start = end
	for start > 0 && isNameByte(s[start-1]) && end-start <= maxKey {
		start--
	}
	if quote != 0 && (start == 0 || s[start-1] != quote) {
		return end, end, 0 // a quote that closes something longer than a name
	}
	return start, end, quote
}

// valueAt finds a value in quotes, perhaps escaped ones; from is negative if it has none.
func valueAt(s string, i int) (from, to int) {
	if i >= len(s) {
		return -1, -1
	}
	if s[i] == '\\' && i+1 < len(s) && s[i+1] == '"' {
		from = i + 2
		if n := strings.Index(s[from:], `\"`); n >= 0 {
			return from, from + n
		}
		return from, len(s)
	}
	if !isQuote(s[i]) {
		return -1, -1
	}
	from = i + 1
	for to = from; to < len(s); to++ {
		switch {
		case s[to] == '\\' && s[i] == '"' && to+1 < len(s):
			to++
		case s[to] == s[i]:
			return from, to
		}
	}
	return from, len(s)
}

// bareValueEnd finds the end of a value without quotes.
func bareValueEnd(s string, from int, name string, message bool) int {
	stops := " \t\r\n;&\"'`"
	if message {
		stops = " \t\r\n;&\"'`,)]}<>"
	}
	const maxAhead = 512 // of what is looked at beyond a blank
	end := endOfBare(s, from, stops)
	line := s[end:min(len(s), end+maxAhead)]
	if n := strings.IndexAny(line, "\r\n"); n >= 0 {
		line = line[:n]
	}
	switch {
	case foldSuffix(name, "authorization"):
		// Whatever the scheme, what follows it is the credential.
		if n := strings.IndexAny(line, "\"'`,;"); n >= 0 {
			line = line[:n]
		}
		return end + len(strings.TrimRight(line, " \t"))
	case isScheme(s[from:end]):
		return endOfBare(s, end+len(line)-len(strings.TrimLeft(line, " \t")), stops)
	case !message:
		// Password=a b;Server=c, as ADO.NET has it.
		if n := strings.IndexByte(line, ';'); n > 0 && strings.IndexByte(line[:n], '=') < 0 {
			return end + n
		}
	}
	return end
}

func endOfBare(s string, from int, stops string) int {
	i := from
	for i < len(s) && strings.IndexByte(stops, s[i]) < 0 {
		if strings.HasPrefix(s[i:], mark) {
			i += len(mark)
			continue
		}
		i += referenceLength(s[i:])
	}
	return min(i, len(s))
}

// looksLikePattern reports whether a value is a part of a regular expression, a
// template or a mask, as processors that redact have them in their own settings.
func looksLikePattern(value string) bool {
	for _, prefix := range [...]string{"[^", ".*", ".+", "(.", "(\\", "([", "(?", "\\", "*", "%", "<", "{", "$1", "$$"} {
		if strings.HasPrefix(value, prefix) {
			return true
		}
	}
	return false
}

// saysNothing reports whether a value only says that there is one or none.
func saysNothing(value string) bool {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "null", "~", "true", "false", "yes", "no", "on", "off", "none", "nil", "<nil>":
		return true
	}
	return false
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

func foldSuffix(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}
