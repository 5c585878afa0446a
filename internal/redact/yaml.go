package redact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads a stream of YAML documents whose roots are maps or lists. A
// lone scalar is what any text is to YAML, so that is left to be read by lines.
func parseYAML(text []byte) (*document, bool) {
	roots, ok := yamlRoots(text)
	if !ok {
		return nil, false
	}
	for _, root := range roots {
		for _, n := range root.Content {
			if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
				return nil, false
			}
		}
	}
	l := newLayout(text, roots)
	return &document{
		text:     text,
		roots:    roots,
		span:     l.span,
		comments: l.comments,
		parse:    yamlRoots,
		encode:   encodeYAML,
	}, true
}

func yamlRoots(text []byte) ([]*yaml.Node, bool) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var roots []*yaml.Node
	for {
		n, err := decodeNode(decoder)
		if errors.Is(err, io.EOF) {
			return roots, true
		}
		if err != nil {
			return nil, false
		}
		roots = append(roots, n)
	}
}

// decodeNode keeps a panic of the parser, on input that an agent made up, from taking the server down.
func decodeNode(decoder *yaml.Decoder) (n *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = nil, fmt.Errorf("yaml parser: %v", p)
		}
	}()
	n = new(yaml.Node)
	if err := decoder.Decode(n); err != nil {
		return nil, err
	}
	return n, nil
}

func encodeYAML(roots []*yaml.Node) (text []byte, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = nil, false
		}
	}()
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	for _, root := range roots {
		if encoder.Encode(root) != nil {
			return nil, false
		}
	}
	if encoder.Close() != nil {
		return nil, false
	}
	return out.Bytes(), true
}

// keepStyle writes a new value as the old one was written, as far as it can be
// expected to work; the result is read again anyway.
func keepStyle(d *document, n *yaml.Node, s span, value string) string {
	if value == mark || n.Style&yaml.TaggedStyle != 0 {
		return quoteAll(d, n, s, value)
	}
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		var out strings.Builder
		out.Write(d.text[s.start:s.content])
		for line := range strings.Lines(value) {
			if line != "\n" {
				out.WriteString(s.indent)
			}
			out.WriteString(line)
		}
		// The line breaks at its end stay in the text.
		return strings.TrimRight(out.String(), "\n")
	case n.Style&yaml.FoldedStyle != 0:
	case n.Style&yaml.SingleQuotedStyle != 0:
		if !strings.ContainsAny(value, "\n") {
			return anchor(n) + "'" + strings.ReplaceAll(value, "'", "''") + "'"
		}
	case n.Style&yaml.DoubleQuotedStyle != 0:
	case !s.flow && !strings.Contains(value, "\n") && !strings.HasPrefix(value, "["):
		return anchor(n) + value
	}
	return quoteAll(d, n, s, value)
}
