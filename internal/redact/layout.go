package redact

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// layout finds where the scalars of parsed YAML begin and end in its text. The
// parser tells where a node begins; where it ends, and what of it is tag and
// anchor, is read off the text. What is found so is never trusted: the text with
// its replacements is parsed again.
type layout struct {
	text   []byte
	lines  []int // where each line begins, by YAML's line breaks
	places map[*yaml.Node]place
	starts []int // of all nodes, in order
	last   struct{ line, column, offset int }
}

type place struct {
	start int
	flow  bool // within { } or [ ]
}

func newLayout(text []byte, roots []*yaml.Node) *layout {
	l := &layout{text: text, lines: lineStarts(text), places: map[*yaml.Node]place{}}
	for _, root := range roots {
		for _, n := range root.Content {
			l.collect(n, false)
		}
	}
	slices.Sort(l.starts)
	return l
}

func (l *layout) collect(n *yaml.Node, flow bool) {
	if start, ok := l.offset(n.Line, n.Column); ok {
		l.places[n] = place{start, flow}
		l.starts = append(l.starts, start)
	}
	for _, child := range n.Content {
		l.collect(child, flow || n.Style&yaml.FlowStyle != 0)
	}
}

func lineStarts(text []byte) []int {
	starts := []int{len(text) - len(bytes.TrimPrefix(text, []byte("\uFEFF")))}
	for i := 0; i < len(text); {
		n := breakLength(text[i:])
		if n > 0 {
			starts = append(starts, i+n)
		}
		i += max(n, 1)
	}
	return starts
}

// breakLength is the length of the line break that text begins with, 0 if with none.
func breakLength(text []byte) int {
	switch {
	case len(text) == 0:
		return 0
	case text[0] == '\n':
		return 1
	case text[0] == '\r':
		if len(text) > 1 && text[1] == '\n' {
			return 2
		}
		return 1
	case bytes.HasPrefix(text, []byte("\u0085")):
		return 2
	case bytes.HasPrefix(text, []byte("\u2028")), bytes.HasPrefix(text, []byte("\u2029")):
		return 3
	}
	return 0
}

// offset turns a line and a column, in characters, into bytes.
func (l *layout) offset(line, column int) (int, bool) {
	if line < 1 || line > len(l.lines) {
		return 0, false
	}
	at, from := l.lines[line-1], 1
	if l.last.line == line && l.last.column <= column {
		at, from = l.last.offset, l.last.column // nodes come in order, and lines may be long
	}
	for range column - from {
		if at >= len(l.text) {
			return 0, false
		}
		_, size := utf8.DecodeRune(l.text[at:])
		at += size
	}
	l.last.line, l.last.column, l.last.offset = line, column, at
	return at, true
}

// span finds a scalar with its tag and anchor.
func (l *layout) span(n *yaml.Node) (s span, ok bool) {
	p, ok := l.places[n]
	if !ok {
		return s, false
	}
	s.start, s.flow = p.start, p.flow
	at := l.skipProperties(p.start)
	if at >= len(l.text) {
		return s, false
	}
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		s.end, ok = l.doubleQuoted(at)
	case n.Style&yaml.SingleQuotedStyle != 0:
		s.end, ok = l.singleQuoted(at)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		s, ok = l.block(s, at)
	default:
		s.end, ok = l.plain(at, n.Value)
	}
	return s, ok
}

// skipProperties steps over &anchor and !tag.
func (l *layout) skipProperties(at int) int {
	for at < len(l.text) && (l.text[at] == '&' || l.text[at] == '!') {
		for at < len(l.text) && !isSpace(l.text[at]) {
			at++
		}
		for at < len(l.text) && isSpace(l.text[at]) {
			at++
		}
	}
	return at
}

func (l *layout) doubleQuoted(at int) (int, bool) {
	if l.text[at] != '"' {
		return 0, false
	}
	for i := at + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return 0, false
}

func (l *layout) singleQuoted(at int) (int, bool) {
	if l.text[at] != '\'' {
		return 0, false
	}
	for i := at + 1; i < len(l.text); i++ {
		if l.text[i] != '\'' {
			continue
		}
		if i+1 == len(l.text) || l.text[i+1] != '\'' {
			return i + 1, true
		}
		i++
	}
	return 0, false
}

// plain follows a value through the text; where it was folded over lines, any
// blanks stand for any others.
func (l *layout) plain(at int, value string) (int, bool) {
	for i := 0; i < len(value); {
		if c := value[i]; !isSpace(c) {
			if at >= len(l.text) || l.text[at] != c {
				return 0, false
			}
			at++
			i++
			continue
		}
		before := at
		for at < len(l.text) && isSpace(l.text[at]) {
			at++
		}
		for i < len(value) && isSpace(value[i]) {
			i++
		}
		if at == before {
			return 0, false
		}
	}
	return at, true
}

// block finds the end of a | or > scalar: the last line, that is not blank, of
// those that are indented as its first. It ends before the next node at the latest.
func (l *layout) block(s span, at int) (span, bool) {
	if l.text[at] != '|' && l.text[at] != '>' {
		return s, false
	}
	line, found := slices.BinarySearch(l.lines, at)
	if !found {
		line--
	}
	if line+1 >= len(l.lines) {
		return s, false
	}
	header := l.text[at:l.lines[line+1]]
	indicator, _, _ := bytes.Cut(header, []byte("#"))
	explicit := bytes.ContainsAny(indicator, "123456789")
	next := len(l.text)
	if i, _ := slices.BinarySearch(l.starts, at+1); i < len(l.starts) {
		next = l.starts[i]
	}
	s.content = l.lines[line+1]
	s.end = -1
	indent := -1
	for line++; line < len(l.lines) && l.lines[line] < len(l.text); line++ {
		start, end := l.lines[line], len(l.text)
		if line+1 < len(l.lines) {
			end = l.lines[line+1]
		}
		text := l.text[start:end]
		content := bytes.TrimLeft(text, " ")
		if end > next {
			break
		}
		if len(content) == 0 || breakLength(content) > 0 {
			continue
		}
		own := len(text) - len(content)
		if indent < 0 {
			indent = own
			s.indent = strings.Repeat(" ", own)
		}
		if own < indent && !explicit {
			break
		}
		s.end = start + len(bytes.TrimRight(text, "\r\n"))
	}
	return s, s.end >= 0
}

// comments returns what becomes of the comments that hold credentials; ok is
// false if they cannot be told from what stands in quotes.
func (l *layout) comments() (changed []replacement, ok bool) {
	if bytes.IndexByte(l.text, '#') < 0 {
		return nil, true
	}
	opaque, ok := l.opaque()
	if !ok {
		return nil, false
	}
	for _, group := range l.commentGroups(opaque) {
		text := string(l.text[group.start:group.end])
		if scrubbed := scrubComment(text); scrubbed != text {
			changed = append(changed, replacement{group, scrubbed})
		}
	}
	return changed, true
}

// opaque are the scalars in which a # begins no comment.
func (l *layout) opaque() ([]span, bool) {
	var spans []span
	for n := range l.places {
		const styles = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
		if n.Kind != yaml.ScalarNode || n.Style&styles == 0 {
			continue
		}
		s, ok := l.span(n)
		if !ok && n.Value == "" {
			continue // a block without a line
		}
		if !ok {
			return nil, false
		}
		if s.content > 0 {
			s.start = s.content // a comment may follow the | itself
		} else {
			s.start = l.skipProperties(s.start)
		}
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	return spans, true
}

// commentGroups finds comments; those with nothing but blanks in between belong together.
func (l *layout) commentGroups(opaque []span) []span {
	var groups []span
	for i := 0; i < len(l.text); i++ {
		for len(opaque) > 0 && opaque[0].end <= i {
			opaque = opaque[1:]
		}
		if len(opaque) > 0 && opaque[0].start <= i {
			i = opaque[0].end - 1
			continue
		}
		if l.text[i] != '#' || i > 0 && !isSpace(l.text[i-1]) && !l.beginsLine(i) {
			continue
		}
		start := i
		for i < len(l.text) && breakLength(l.text[i:]) == 0 {
			i++
		}
		if n := len(groups); n > 0 && len(bytes.TrimSpace(l.text[groups[n-1].end:start])) == 0 {
			groups[n-1].end = i
			continue
		}
		// With its indentation, so that its lines can be compared.
		lineStart := bytes.LastIndexByte(l.text[:start], '\n') + 1
		if len(bytes.TrimSpace(l.text[lineStart:start])) == 0 {
			start = lineStart
		}
		groups = append(groups, span{start: start, end: i})
	}
	return groups
}

func (l *layout) beginsLine(at int) bool {
	_, found := slices.BinarySearch(l.lines, at)
	return found
}
