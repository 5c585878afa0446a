package redact

import "strings"

// scrubLines hides credentials in text that is read line by line: what no parser
// could read, comments, and files within a value. In doubt it hides more: a
// value goes to the end of its line, and over the lines that are indented more.
//
// With anywhere, keys are looked for in the whole line; without, only where a
// line begins.
func scrubLines(s string, anywhere bool) string {
	l := lineScrubber{anywhere: anywhere, flow: anywhere && isFlow([]byte(s[:min(len(s), maxKey)])), swallow: -1, nested: -1, api: -1}
	changed := false
	var out strings.Builder
	for rest := s; rest != ""; {
		line, after, found := strings.Cut(rest, "\n")
		rest = after
		text, end := line, ""
		if found {
			end = "\n"
		}
		if strings.HasSuffix(text, "\r") {
			text, end = text[:len(text)-1], "\r"+end
		}
		scrubbed, keep := l.line(text)
		if keep {
			out.WriteString(scrubbed)
			out.WriteString(end)
		}
		changed = changed || !keep || scrubbed != text
	}
	if !changed {
		return s
	}
	return out.String()
}

type lineScrubber struct {
	anywhere bool
	flow     bool   // it began as JSON, so several keys may share a line
	swallow  int    // lines indented by more belong to a value that was hidden; -1: none
	until    string // and so do all lines up to this closing quote
	nested   int    // lines indented by more are what a key holds whose own line is empty; -1: none
	api      int    // lines indented by more belong to a key "api"; -1: none
	named    int    // how many lines on a "value" belongs to a name that looks like a credential
}

// line returns what is left of a line, or false if nothing is.
func (l *lineScrubber) line(text string) (string, bool) {
	content := strings.TrimLeft(text, l.leaders())
	indent := len(text) - len(content)
	if l.until != "" {
		if strings.Contains(text, l.until) {
			l.until = ""
		}
		return "", false
	}
	if content == "" {
		return text, true
	}
	if l.swallow >= 0 {
		if indent > l.swallow {
			return "", false
		}
		l.swallow = -1
	}
	if l.nested >= 0 {
		inside := indent > l.nested || indent == l.nested && strings.HasPrefix(content, "- ")
		switch {
		case !inside && !strings.HasPrefix(content, "]"):
			l.nested = -1
		case inside && !isEntry(strings.TrimLeft(content, "- \t")):
			return l.hide(text, indent+len(content)-len(strings.TrimLeft(content, "- \t")), l.nested), true
		}
	}
	for strings.HasPrefix(content, "- ") {
		content = strings.TrimLeft(content[2:], " \t")
		indent = len(text) - len(content)
	}
	l.named--
	sign, c := l.find(text, indent)
	if sign < 0 {
		return text, true
	}
	return l.entry(text, indent, sign+1, c), true
}

// leaders are what may stand in front of a line's content; comments count as indented content.
func (l *lineScrubber) leaders() string {
	if l.anywhere {
		return " \t#;/"
	}
	return " \t"
}

// find looks for a key that looks like a credential, and returns where its sign stands.
func (l *lineScrubber) find(text string, indent int) (int, class) {
	first := true
	for i := indent; i < len(text); i++ {
		if text[i] != ':' && text[i] != '=' || !isPairSign(text, i) {
			continue
		}
		if text[i] == ':' && i+1 < len(text) && !isSpace(text[i+1]) && !isQuote(text[i+1]) && (!l.anywhere || !first && isDigit(text[i+1])) {
			continue
		}
		start, end := looseNameBefore(text, i, indent)
		if !l.anywhere && (text[i] == '=' || strings.Trim(text[indent:start], "\"'`\\") != "") {
			return -1, plain
		}
		name := text[start:end]
		if name == "" && l.anywhere {
			continue
		}
		if first {
			l.name(name, text[i+1:])
			if l.named > 0 && isValueKey(name) || l.api >= 0 && indent > l.api && anAPI.makesCredential(name) {
				return i, secret
			}
			if indent <= l.api {
				l.api = -1
			}
			if holds(name, plain) == anAPI {
				l.api = indent
			}
		}
		first = false
		if l.anywhere {
			// With the word before it: api key
			for gap := 0; gap < maxGap && start > indent && !isNameByte(text[start-1]); gap++ {
				start--
			}
			for start > indent && isNameByte(text[start-1]) && end-start < 2*maxKey {
				start--
			}
		}
		if c := classify(text[start:end]); c != plain {
			if l.flow {
				rest, ok := cutHarmless([]byte(text[i+1 : min(len(text), i+1+maxKey)]))
				if ok && len(rest) > 0 && endsFlowValue(rest[0]) {
					continue
				}
			}
			return i, c
		}
		if !l.anywhere {
			return -1, plain
		}
	}
	return -1, plain
}

// looseNameBefore is nameBefore for text that is broken: quotes and brackets around the name need not match.
func looseNameBefore(text string, sign, from int) (start, end int) {
	end = sign
	for end > from && !isNameByte(text[end-1]) && sign-end < maxGap {
		end--
	}
	start = end
	for start > from && isNameByte(text[start-1]) && end-start < maxKey {
		start--
	}
	return start, end
}

// name remembers that a line such as "name: password" makes a credential of the value beside it.
func (l *lineScrubber) name(key, rest string) {
	if isNameKey(key) && classify(rest) != plain {
		l.named = 4
	}
}

// entry hides what stands after a key's sign, unless it is seen to be no credential.
func (l *lineScrubber) entry(text string, indent, from int, c class) string {
	value := strings.TrimSpace(text[from:])
	bare := strings.TrimSuffix(value, ",")
	unquoted := strings.Trim(bare, "\"'`")
	switch {
	case value == "":
		l.nested = indent
		return text
	case value == "{":
		return text
	case value == "[":
		l.nested = indent
		return text
	case harmless(unquoted, c), bare == unquoted && saysNothing(bare):
		if closed := len(bare) > 1 && isQuote(bare[0]) && bare[len(bare)-1] == bare[0]; !closed {
			l.swallow = indent // it may go on below
		}
		return text
	}
	for from < len(text) && (text[from] == ' ' || text[from] == '\t') {
		from++
	}
	return l.hide(text, from, indent)
}

// hide replaces the rest of a line from an offset on, and what belongs to it in the lines below.
func (l *lineScrubber) hide(text string, from, indent int) string {
	l.swallow = indent
	value := text[from:]
	if value == "" {
		return text
	}
	quote := ""
	if isQuote(value[0]) {
		quote = value[:1]
		if closed := strings.IndexByte(value[1:], value[0]); closed < 0 {
			l.until = quote
		}
		if strings.HasPrefix(value, `"""`) || strings.HasPrefix(value, `'''`) {
			if !strings.Contains(value[3:], value[:3]) {
				l.until = value[:3]
			}
		}
	}
	hidden := text[:from] + quote + mark + quote
	if quote != "" && strings.HasSuffix(strings.TrimSpace(value), quote+",") {
		hidden += ","
	}
	return hidden
}

// isEntry reports whether a line holds a key of its own.
func isEntry(content string) bool {
	if content == "" {
		return false
	}
	if isQuote(content[0]) {
		closed := strings.IndexByte(content[1:], content[0])
		return closed >= 0 && strings.HasPrefix(strings.TrimLeft(content[closed+2:], " \t"), ":")
	}
	if strings.IndexByte("{}[]", content[0]) >= 0 {
		return true
	}
	i := strings.IndexByte(content, ':')
	return i > 0 && (i+1 == len(content) || isSpace(content[i+1])) && !strings.ContainsAny(content[:i], " \t")
}

// isNameKey and isValueKey are the keys of lists of named values: environment
// variables, headers, attributes.
func isNameKey(key string) bool {
	switch strings.ToLower(key) {
	case "name", "key", "header":
		return true
	}
	return false
}

func isValueKey(key string) bool {
	switch strings.ToLower(key) {
	case "value", "val", "default", "default_value", "defaultvalue":
		return true
	}
	return false
}
