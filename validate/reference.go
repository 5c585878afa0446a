package validate

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// expands reports whether a value holds a ${...} that the agent will expand, so
// that what is written is not what the collector will see. $${...} is an escape.
// Source: go.opentelemetry.io/collector/confmap, expand.go.
func expands(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return false
	}
	rest := n.Value
	for {
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			return false
		}
		// The collector looks from the closing brace back to the nearest opening one.
		if open := strings.LastIndex(rest[:end], "${"); open >= 0 {
			before := rest[:open]
			if dollars := len(before) - len(strings.TrimRight(before, "$")); dollars%2 == 0 {
				return true
			}
		}
		rest = rest[end+1:]
	}
}

// isNull reports whether a value is left empty, or says null.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// isText reports whether a node is a string.
func isText(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str"
}
