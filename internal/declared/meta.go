package declared

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// The keys of a configuration's meta data.
const (
	keyName        = "name"
	keyDescription = "description"
	keySelector    = "selector"
	keyPriority    = "priority"
	keyLabels      = "labels"
	keyRenamedFrom = "renamed_from"
)

// frontKey is the one key of a front document.
const frontKey = "ollystack"

// metaReader takes meta data into a configuration. What is wrong goes to faults.
type metaReader struct {
	file   string
	to     *Config
	faults *faults
}

// read takes a whole document; of a front document, what is under its key.
func (m *metaReader) read(text []byte, front bool) {
	root, err := parseYAML(text)
	if err != nil {
		line, message := syntaxError(err, text)
		m.faults.add(position{m.file, line}, "not YAML: %s", message)
		return
	}
	if front && root != nil {
		if len(root.Content) != 2 { // splitFront has seen the key
			m.fault(root, "a front document has the one key %s, and the configuration follows after the line ---", frontKey)
			return
		}
		root = root.Content[1]
	}
	if root == nil || isNull(root) {
		return
	}
	m.each(root, "what is said of a configuration", m.take)
}

func (m *metaReader) fault(at *yaml.Node, format string, args ...any) {
	m.faults.add(position{m.file, at.Line}, format, args...)
}

// check is text, and a fault where there is an error.
func (m *metaReader) check(at *yaml.Node, text string, err error) string {
	if err != nil {
		m.fault(at, "%v", err)
	}
	return text
}

// take takes one of the keys.
func (m *metaReader) take(key, value *yaml.Node) {
	if isNull(value) && key.Value != keyName {
		return // as if left out
	}
	at := position{m.file, value.Line}
	switch key.Value {
	case keyName:
		if name, ok := m.text(keyName, value); ok {
			m.to.Name, m.to.nameAt = m.check(value, name, checkName(name)), at
		}
	case keyRenamedFrom:
		if name, ok := m.text(keyRenamedFrom, value); ok {
			m.to.RenamedFrom, m.to.fromAt = m.check(value, name, checkName(name)), at
		}
	case keyDescription:
		if text, ok := m.text(keyDescription, value); ok {
			m.to.Description = m.check(value, text, checkDescription(text))
		}
	case keySelector:
		if text, ok := m.text(keySelector, value); ok {
			m.to.Selector = m.check(value, strings.TrimSpace(text), checkSelector(text))
		}
	case keyPriority:
		n, err := strconv.Atoi(value.Value)
		if err != nil || strconv.Itoa(n) != value.Value || value.ShortTag() != "!!int" {
			m.fault(value, "priority must be a whole number, such as 10")
			return
		}
		m.to.Priority = n
	case keyLabels:
		m.each(value, keyLabels, func(key, value *yaml.Node) {
			if text, ok := m.text("the label "+strconv.Quote(key.Value), value); ok {
				m.to.Labels[key.Value] = m.check(key, text, checkLabel(key.Value, text))
			}
		})
		if len(m.to.Labels) > maxLabels {
			m.fault(value, "%d labels are more than the %d that are allowed", len(m.to.Labels), maxLabels)
		}
	default:
		m.fault(key, "there is no %q here: what may be said is name, description, selector, priority, labels and renamed_from", key.Value)
	}
}

// each hands out the members of a map, each key once.
func (m *metaReader) each(node *yaml.Node, what string, do func(key, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		m.fault(node, "%s must be a map, such as %s: ...", what, keyName)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str":
			m.fault(key, "a key must be text: write it in quotes")
		case seen[key.Value]:
			m.fault(key, "%q is said twice", key.Value)
		default:
			seen[key.Value] = true
			do(key, value)
		}
	}
}

// text is the value of a scalar that is text, and not a number or true that would be taken for it.
func (m *metaReader) text(what string, value *yaml.Node) (string, bool) {
	if value.Kind != yaml.ScalarNode || value.ShortTag() != "!!str" {
		m.fault(value, "%s must be text; a number, true or the like is written in quotes", what)
		return "", false
	}
	return value.Value, true
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" }

// parseYAML reads text as one document; nil where there is nothing in it.
func parseYAML(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	switch err := decoder.Decode(&first); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("yaml: line %d: a second document begins here", second.Line)
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	if len(first.Content) == 0 {
		return nil, nil
	}
	return first.Content[0], nil
}

// syntaxError takes "yaml: line 3: did not find expected key" apart. Where there is no line, the library means the first one, or
// has not got as far as counting because of a character that no YAML may have.
func syntaxError(err error, text []byte) (line int, message string) {
	message = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if number, text, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				return n, text
			}
		}
	}
	forbidden := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' && r != 0x85 }
	if at := bytes.IndexFunc(text, forbidden); at >= 0 {
		return 1 + bytes.Count(text[:at], []byte("\n")), message
	}
	return 1, message
}
