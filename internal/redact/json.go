package redact

import (
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseJSON reads a JSON value into nodes as YAML has them. YAML's own parser
// does not take all of JSON: no surrogate pairs, and not every tab.
func parseJSON(text []byte) (*document, bool) {
	if !json.Valid(text) {
		return nil, false
	}
	spans := map[*yaml.Node]span{}
	r := jsonReader{text: text, spans: spans}
	root := r.value()
	return &document{
		text:  text,
		roots: []*yaml.Node{root},
		span: func(n *yaml.Node) (span, bool) {
			s, ok := spans[n]
			return s, ok
		},
		comments: func() ([]replacement, bool) { return nil, true },
		parse: func(text []byte) ([]*yaml.Node, bool) {
			if !json.Valid(text) {
				return nil, false
			}
			r := jsonReader{text: text}
			return []*yaml.Node{r.value()}, true
		},
		encode: func([]*yaml.Node) ([]byte, bool) { return nil, false },
	}, true
}

// jsonReader reads text that is known to be valid.
type jsonReader struct {
	text  []byte
	at    int
	spans map[*yaml.Node]span // nil if nobody asks
}

func (r *jsonReader) skipSpace() {
	for r.at < len(r.text) && isSpace(r.text[r.at]) {
		r.at++
	}
}

func (r *jsonReader) value() *yaml.Node {
	r.skipSpace()
	switch r.text[r.at] {
	case '{':
		return r.items(yaml.MappingNode, '}')
	case '[':
		return r.items(yaml.SequenceNode, ']')
	}
	return r.scalar()
}

func (r *jsonReader) items(kind yaml.Kind, end byte) *yaml.Node {
	n := &yaml.Node{Kind: kind}
	r.at++
	for {
		r.skipSpace()
		switch r.text[r.at] {
		case end:
			r.at++
			return n
		case ',', ':':
			r.at++
		default:
			n.Content = append(n.Content, r.value())
		}
	}
}

func (r *jsonReader) scalar() *yaml.Node {
	start := r.at
	n := &yaml.Node{Kind: yaml.ScalarNode}
	if r.text[start] == '"' {
		for r.at++; r.text[r.at] != '"'; r.at++ {
			if r.text[r.at] == '\\' {
				r.at++
			}
		}
		r.at++
		n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
		// The text is valid, so this cannot fail.
		_ = json.Unmarshal(r.text[start:r.at], &n.Value)
	} else {
		for r.at < len(r.text) && strings.IndexByte(",]} \t\r\n", r.text[r.at]) < 0 {
			r.at++
		}
		n.Value = string(r.text[start:r.at])
		switch n.Value {
		case "null":
			n.Tag = "!!null"
		case "true", "false":
			n.Tag = "!!bool"
		default:
			n.Tag = "!!float"
		}
	}
	if r.spans != nil {
		r.spans[n] = span{start: start, end: r.at, flow: true}
	}
	return n
}

// quoted writes a string in double quotes, such that YAML and JSON read it alike.
func quoted(s string) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(s) != nil {
		return `"` + mark + `"` // no string fails to encode; if one did, none of it should show
	}
	text := strings.TrimSuffix(out.String(), "\n")
	// Characters that JSON takes as they are, and YAML does not.
	for _, c := range [...]struct{ from, to string }{{"\u0085", `\u0085`}, {"\uFEFF", `\uFEFF`}, {"\x7f", `\u007f`}} {
		text = strings.ReplaceAll(text, c.from, c.to)
	}
	return text
}

// quoteAll writes every new value in double quotes.
func quoteAll(d *document, n *yaml.Node, _ span, value string) string {
	return anchor(n) + quoted(value)
}

func anchor(n *yaml.Node) string {
	if n.Anchor == "" {
		return ""
	}
	return "&" + n.Anchor + " "
}
