package redact

import "strings"

// mark stands where a credential was.
const mark = "[REDACTED]"

// Text hides credentials in a message that people read, such as an error that
// an agent reports: passwords in URLs, private keys in PEM, what follows Bearer
// and Basic, and the values of pairs such as password: x, token=x or "api_key": "x".
func Text(s string) string {
	s = scrubAnywhere(s)
	s = scrubPairs(s, true)
	return s
}

// scrubAnywhere hides what gives itself away wherever it stands.
func scrubAnywhere(s string) string {
	s = scrubPEM(s)
	s = scrubURLs(s)
	s = scrubAddresses(s)
	return scrubSchemes(s)
}

// scrubValue hides credentials inside of a value whose key is harmless.
func scrubValue(s string) string {
	s = scrubAnywhere(s)
	s = scrubPairs(s, false)
	return scrubLines(s, false)
}

// scrubPEM hides private keys: RFC 7468 blocks whose label ends in PRIVATE KEY,
// and OpenPGP's. One without an end is hidden up to the end of s.
func scrubPEM(s string) string {
	const begin, end, dashes = "-----BEGIN", "-----END", "-----"
	var out strings.Builder
	rest := s
	for {
		i := strings.Index(rest, begin)
		if i < 0 {
			break
		}
		label, body, ok := strings.Cut(rest[i+len(begin):], dashes)
		if !ok || !strings.Contains(strings.Join(strings.Fields(label), " "), "PRIVATE KEY") {
			if !ok && strings.Contains(label, "PRIVATE") {
				out.WriteString(rest[:i] + mark)
				rest = ""
				break
			}
			out.WriteString(rest[:i+len(begin)])
			rest = rest[i+len(begin):]
			continue
		}
		out.WriteString(rest[:i] + mark)
		_, after, ok := strings.Cut(body, end)
		if ok {
			_, after, ok = strings.Cut(after, dashes)
		}
		if !ok {
			after = ""
		}
		rest = after
	}
	if out.Len() == 0 {
		return rest
	}
	out.WriteString(rest)
	return out.String()
}

// scrubURLs hides the password in scheme://user:password@host, and a lone user
// that is as long as only tokens are.
func scrubURLs(s string) string {
	var out strings.Builder
	done := 0
	for i := 0; ; {
		n := strings.Index(s[i:], "://")
		if n < 0 {
			break
		}
		start := i + n + len("://")
		i = start
		from, to := userinfoSecret(s[start:], quoteAround(s, start-len("://")))
		if from < 0 {
			continue
		}
		out.WriteString(s[done:start+from] + mark)
		done = start + to
		i = done
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// quoteAround returns the quote in front of a scheme that ends at i, or a blank.
func quoteAround(s string, i int) byte {
	start := i
	for start > 0 && i-start < maxKey && (isNameByte(s[start-1]) || s[start-1] == '+') {
		start--
	}
	if start > 0 && isQuote(s[start-1]) {
		return s[start-1]
	}
	return ' '
}

// userinfoSecret finds the secret in what follows "://", up to a blank or the
// quote around the URL; from is negative if there is none.
func userinfoSecret(s string, quote byte) (from, to int) {
	const tokenLength = 20 // of a user without a password, which some services take as a token
	colon, lastAt, authorityEnd := -1, -1, -1
scan:
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$' && i+1 < len(s) && s[i+1] == '{':
			i += referenceLength(s[i:]) - 1
		case isSpace(c), c == quote, c == '<', c == '>':
			break scan
		case c == '@':
			lastAt = i
		case c == ':' && colon < 0 && authorityEnd < 0:
			colon = i
		case (c == '/' || c == '?' || c == '#') && authorityEnd < 0:
			authorityEnd = i
			// Where no port can stand after the colon, a password goes on beyond this.
			if lastAt >= 0 || colon < 0 || isPort(s[colon+1:i]) {
				break scan
			}
		}
	}
	if lastAt < 0 {
		return -1, -1
	}
	if colon < 0 || colon > lastAt {
		if user := s[:lastAt]; len(user) >= tokenLength && !isReference(user) && user != mark {
			return 0, lastAt
		}
		return -1, -1
	}
	if password := s[colon+1 : lastAt]; password == "" || password == mark || isReference(password) {
		return -1, -1
	}
	return colon + 1, lastAt
}

// isPort reports whether what stands between the first colon of an authority and its end can be a port.
func isPort(s string) bool {
	if isReference(s) {
		return true
	}
	// [::1]:4317 has its first colon inside of the brackets.
	if i := strings.LastIndexByte(s, ']'); i >= 0 {
		s = strings.TrimPrefix(s[i+1:], ":")
	}
	for _, c := range []byte(s) {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// scrubAddresses hides the password in user:password@tcp(host), which Go's MySQL driver takes.
func scrubAddresses(s string) string {
	const maxBack = 1024
	var out strings.Builder
	done := 0
	for i := 0; ; {
		n := strings.IndexByte(s[i:], '@')
		if n < 0 {
			break
		}
		at := i + n
		i = at + 1
		if !isAddress(s[i:]) {
			continue
		}
		from := max(done, at-maxBack)
		start := from + strings.LastIndexAny(s[from:at], " \t\r\n\"'") + 1
		colon := strings.IndexByte(s[start:at], ':')
		if colon < 0 {
			continue
		}
		from = start + colon + 1
		if password := s[from:at]; password == "" || strings.HasPrefix(password, mark) || isReference(password) {
			continue
		}
		out.WriteString(s[done:from] + mark)
		done = at
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

func isAddress[T text](s T) bool {
	for _, network := range [...]string{"tcp(", "tcp6(", "udp(", "unix("} {
		if len(s) >= len(network) && string(s[:len(network)]) == network {
			return true
		}
	}
	return false
}

// scrubSchemes hides what an Authorization header presents after Bearer or Basic.
func scrubSchemes(s string) string {
	var out strings.Builder
	done := 0
	for i := 0; i < len(s); i++ {
		if s[i]|0x20 != 'b' || i > 0 && isNameByte(s[i-1]) {
			continue
		}
		from, to := presented(s, i)
		if from < 0 {
			continue
		}
		out.WriteString(s[done:from] + mark)
		done = to
		i = to - 1
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// presented finds the credential after a scheme at i; from is negative if there is none.
func presented(s string, i int) (from, to int) {
	var basic bool
	switch {
	case foldPrefix(s[i:], "bearer"):
		from = i + len("bearer")
	case foldPrefix(s[i:], "basic"):
		basic = true
		from = i + len("basic")
	default:
		return -1, -1
	}
	name := from
	for from < len(s) && (s[from] == ' ' || s[from] == '\t') {
		from++
	}
	if from == name || from == len(s) {
		return -1, -1
	}
	whole := strings.TrimSpace(s[:i]) == ""
	to = from
	for to < len(s) && !isSpace(s[to]) && s[to] != '"' && s[to] != '\'' && s[to] != '`' && s[to] != '\\' {
		to++
	}
	if whole && strings.TrimSpace(s[to:]) != "" {
		whole = false
	}
	if !whole {
		for to > from && strings.IndexByte(",;)}.:", s[to-1]) >= 0 {
			to--
		}
	}
	token := s[from:to]
	if token == "" || token == mark || isReference(token) || isProse(token) || strings.HasPrefix(token, mark) {
		return -1, -1
	}
	if basic && !whole && !strings.HasPrefix(s[i:], "Basic") && !looksEncoded(token) {
		return -1, -1 // "a basic health check"
	}
	return from, to
}

// isProse reports whether a word follows Bearer or Basic in a sentence rather than in a header.
func isProse(w string) bool {
	switch strings.ToLower(w) {
	case "auth", "authentication", "authenticator", "authorization", "token", "tokens", "scheme", "credentials", "credential",
		"is", "was", "not", "must", "or", "and", "in", "of", "with", "error", "header", "format", "->", "=", "|", "-", ":", "=>":
		return true
	}
	return strings.HasPrefix(w, "realm=") || strings.HasPrefix(w, "error=")
}

func looksEncoded(w string) bool {
	return len(w) >= 6 && strings.ContainsFunc(w, func(r rune) bool { return r < 'a' || r > 'z' })
}

func foldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
