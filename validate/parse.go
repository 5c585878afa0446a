package validate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseDocument reads body as exactly one document that is one map, or says
// why not and returns nil. Aliases in what it returns are not expanded.
func parseDocument(body []byte, r *report) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(body))
	first, err := decodeNode(decoder)
	switch {
	case errors.Is(err, io.EOF):
		r.errorf("empty-document", at{}, "The document is empty; a configuration is a map with receivers, exporters and a service.")
		return nil
	case err != nil:
		reportSyntax(body, err, r)
		return nil
	}
	second, err := decodeNode(decoder)
	switch {
	case errors.Is(err, io.EOF):
	case err != nil:
		reportSyntax(body, err, r)
		return nil
	default:
		r.errorf("multiple-documents", at{node: second},
			"A second document begins here; a configuration is exactly one, and the collector would ignore this part.")
		return nil
	}
	if len(first.Content) != 1 {
		r.errorf("empty-document", at{}, "The document is empty; a configuration is a map with receivers, exporters and a service.")
		return nil
	}
	root := first.Content[0]
	switch {
	case root.Kind == yaml.MappingNode:
		return root
	case root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null":
		r.errorf("empty-document", at{node: root}, "The document is empty; a configuration is a map with receivers, exporters and a service.")
	default:
		r.errorf("not-a-map", at{node: root}, "The document is %s; a configuration is a map with receivers, exporters and a service.", kindName(root))
	}
	return nil
}

// decodeNode reads the next document. The parser reports what it refuses as an
// error; a panic in it, on input that it was never tried on, must not take the
// server down.
func decodeNode(decoder *yaml.Decoder) (node *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			node, err = nil, fmt.Errorf("yaml: the parser failed: %v", p)
		}
	}()
	node = new(yaml.Node)
	if err := decoder.Decode(node); err != nil {
		return nil, err
	}
	return node, nil
}

// reportSyntax says what the parser refused, and where. The parser's errors
// hold a line at best, and often that of the enclosing block rather than of the
// fault, so the place is mostly where the parser stopped.
func reportSyntax(body []byte, cause error, r *report) {
	line, message := splitSyntaxError(cause)
	offset := stoppedAt(body)
	place := position(body, offset)
	switch anchor, isAnchor := strings.CutPrefix(message, "unknown anchor '"); {
	case isAnchor:
		anchor, _, _ = strings.Cut(anchor, "'")
		if i := bytes.LastIndex(body[:offset+1], []byte("*"+anchor)); i >= 0 {
			place = position(body, i)
		}
	case strings.Contains(message, "unexpected end of stream"):
		// It looked for a closing quote to the last byte: where it opened says more.
		if line == 0 || line > place.Line {
			line = 1
		}
		place = openQuote(body, line)
		message = "a quote opens here and is not closed"
	case strings.Contains(message, "tab character"), strings.Contains(message, "cannot start any token"):
		// stoppedAt has stepped back over blanks, and here a blank may be the fault.
		if i := tabAfter(body, offset); i >= 0 {
			place = position(body, i)
			message = "a tab stands where only spaces may indent"
		}
	case strings.HasPrefix(message, "did not find expected"):
		place = position(body, firstOfLine(body, offset))
	}
	r.errorf("not-yaml", at{node: place}, "The configuration is not YAML: %s.", message)
}

// splitSyntaxError takes "yaml: line 3: did not find expected key" apart; line is 0 if there is none.
func splitSyntaxError(err error) (line int, message string) {
	message = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if number, text, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				return n, text
			}
		}
	}
	return 0, message
}

// lookahead is how many characters the parser's scanner has read beyond the one that it looks at.
const lookahead = 4

// stoppedAt returns the offset of the character at which the parser gives up,
// found by feeding it byte by byte. It is right about the line, and mostly about the column.
func stoppedAt(body []byte) int {
	if len(body) == 0 {
		return 0
	}
	input := &byteReader{rest: slices.Concat(body, []byte(strings.Repeat("\n", 2*lookahead)))}
	total := len(input.rest)
	decoder := yaml.NewDecoder(input)
	for {
		if _, err := decodeNode(decoder); err != nil {
			break
		}
	}
	offset := min(max(total-len(input.rest)-lookahead, 0), len(body)-1)
	// What shows at a line's end only belongs to that line.
	for offset > 0 && isBlank(body[offset]) {
		offset--
	}
	for offset > 0 && !utf8.RuneStart(body[offset]) {
		offset--
	}
	return offset
}

// firstOfLine is the first character that is not blank in the line of an offset.
func firstOfLine(body []byte, offset int) int {
	start := bytes.LastIndexAny(body[:offset], "\r\n") + 1
	for start < offset && isBlank(body[start]) {
		start++
	}
	return start
}

// tabAfter finds a tab that begins what follows the offset's line, or -1.
func tabAfter(body []byte, offset int) int {
	for i := offset; i < len(body) && (i == offset || isBlank(body[i])); i++ {
		if body[i] == '\t' {
			return i
		}
	}
	return -1
}

// openQuote finds the quote in a line that seems to open a quoted text.
func openQuote(body []byte, line int) *yaml.Node {
	start := 0
	for range line - 1 {
		i := bytes.IndexByte(body[start:], '\n')
		if i < 0 {
			break
		}
		start += i + 1
	}
	text, _, _ := bytes.Cut(body[start:], []byte("\n"))
	for i, c := range text {
		if (c == '"' || c == '\'') && (i == 0 || isBlank(text[i-1]) || bytes.IndexByte([]byte("[{,"), text[i-1]) >= 0) {
			return position(body, start+i)
		}
	}
	return position(body, start)
}

// byteReader hands out one byte for each call, so that what is left of it tells
// how far its reader has come.
type byteReader struct {
	rest []byte
}

func (b *byteReader) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	p[0] = b.rest[0]
	b.rest = b.rest[1:]
	return 1, nil
}

// kindName names what a node is, for messages.
func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!str":
		return "text"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	}
	return "a single value"
}
