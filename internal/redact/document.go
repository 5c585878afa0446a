package redact

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v3"
)

// document is a parsed body: its trees, and where each scalar stands in it.
type document struct {
	text  []byte
	roots []*yaml.Node
	// span returns where a scalar stands, with its tag and anchor; ok is false if that cannot be told.
	span func(n *yaml.Node) (s span, ok bool)
	// comments returns new text for the comments that hold credentials.
	comments func() ([]replacement, bool)
	// parse reads a body of the same kind again.
	parse func(text []byte) ([]*yaml.Node, bool)
	// encode writes the trees anew, where replacing bytes did not work out.
	encode func(roots []*yaml.Node) ([]byte, bool)
}

type span struct {
	start, end int
	flow       bool   // within { } or [ ]
	indent     string // of a block scalar's content
	content    int    // where a block scalar's content, or what is in quotes, begins
}

type replacement struct {
	span
	text string
}

// encodings are ways to write a new value, tried in turn.
type encodings []func(d *document, n *yaml.Node, s span, value string) string

// redacted returns the text without its credentials. Each try is read again, and
// counts only if it says what was planned and nothing else.
func (d *document) redacted(ways encodings) []byte {
	p := newPlan()
	for _, root := range d.roots {
		p.value(root, plain, nothing)
	}
	comments, commentsKnown := d.comments()
	if len(p.edits) == 0 && len(comments) == 0 && commentsKnown {
		return d.text
	}
	if commentsKnown {
		for _, way := range ways {
			if out, ok := d.replace(p, comments, way); ok && d.says(out, p) {
				return out
			}
		}
	}
	p.apply(d.roots)
	if out, ok := d.encode(d.roots); ok && d.says(out, newPlan()) {
		return out
	}
	return brokenText(d.text)
}

func (d *document) replace(p *plan, replacements []replacement, way func(*document, *yaml.Node, span, string) string) ([]byte, bool) {
	replacements = slices.Clone(replacements)
	for n, value := range p.edits {
		s, ok := d.span(n)
		if !ok {
			return nil, false
		}
		replacements = append(replacements, replacement{s, way(d, n, s, value)})
	}
	slices.SortFunc(replacements, func(a, b replacement) int { return a.start - b.start })
	var out bytes.Buffer
	done := 0
	for _, r := range replacements {
		if r.start < done || r.end < r.start || r.end > len(d.text) {
			return nil, false
		}
		out.Write(d.text[done:r.start])
		out.WriteString(r.text)
		done = r.end
	}
	out.Write(d.text[done:])
	return out.Bytes(), true
}

// says reports whether text holds the document's trees with the plan's edits.
func (d *document) says(text []byte, p *plan) bool {
	roots, ok := d.parse(text)
	return ok && slices.EqualFunc(d.roots, roots, func(want, got *yaml.Node) bool { return same(want, got, p) })
}

func same(want, got *yaml.Node, p *plan) bool {
	if want.Kind != got.Kind || want.Anchor != got.Anchor || len(want.Content) != len(got.Content) {
		return false
	}
	if value, edited := p.edits[want]; edited {
		return got.Value == value
	}
	if want.Value != got.Value || want.ShortTag() != got.ShortTag() {
		return false
	}
	for i := range want.Content {
		if !same(want.Content[i], got.Content[i], p) {
			return false
		}
	}
	return true
}

// apply puts the new values into the trees, and takes credentials out of their comments.
func (p *plan) apply(roots []*yaml.Node) {
	for n, value := range p.edits {
		n.Value = value
		n.Tag = "!!str"
		n.Style = yaml.DoubleQuotedStyle
	}
	var comments func(n *yaml.Node)
	comments = func(n *yaml.Node) {
		for _, c := range []*string{&n.HeadComment, &n.LineComment, &n.FootComment} {
			*c = scrubComment(*c)
		}
		for _, child := range n.Content {
			comments(child)
		}
	}
	for _, root := range roots {
		comments(root)
	}
}

// scrubComment hides credentials in one comment, or several lines of them.
func scrubComment(s string) string {
	return scrubLines(scrubAnywhere(s), true)
}
