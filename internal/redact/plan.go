package redact

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// plan says which scalars of a tree get which new value.
type plan struct {
	edits   map[*yaml.Node]string
	visited map[visit]bool
}

// visit is one way to come to an anchored node; it says different things of
// what it holds under a key that looks like a credential.
type visit struct {
	node  *yaml.Node
	class class
	under holding
}

func newPlan() *plan {
	return &plan{edits: map[*yaml.Node]string{}, visited: map[visit]bool{}}
}

// value decides about what stands under a key of a class.
func (p *plan) value(n *yaml.Node, c class, under holding) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil {
		return
	}
	if n.Anchor != "" {
		v := visit{n, c, under}
		if p.visited[v] {
			return
		}
		p.visited[v] = true
	}
	switch n.Kind {
	case yaml.MappingNode:
		p.mapping(n, under)
	case yaml.SequenceNode:
		p.sequence(n, c)
	case yaml.ScalarNode:
		p.scalar(n, c)
	case yaml.DocumentNode:
		for _, child := range n.Content {
			p.value(child, plain, nothing)
		}
	}
}

func (p *plan) mapping(n *yaml.Node, under holding) {
	named := namesCredential(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := ""
		if k := target(key); k.Kind == yaml.ScalarNode {
			name = k.Value
			if key.Kind == yaml.ScalarNode {
				p.edit(key, scrubAnywhere(name))
			}
		} else {
			p.value(key, plain, nothing)
		}
		c := classify(name)
		if c == plain && (under.makesCredential(name) || named && isValueKey(name)) {
			c = secret
		}
		p.value(value, c, holds(name, c))
	}
}

func (p *plan) sequence(n *yaml.Node, c class) {
	flag := false
	for _, item := range n.Content {
		t := target(item)
		switch {
		case t.Kind != yaml.ScalarNode:
			p.value(item, c, nothing)
			flag = false
		case flag && c == plain:
			p.value(item, secret, nothing)
			flag = false
		default:
			p.value(item, c, nothing)
			// --password hunter2, as two arguments of a command
			flag = strings.HasPrefix(t.Value, "-") && !strings.ContainsAny(t.Value, "= {") && classify(t.Value) != plain
		}
	}
}

func (p *plan) scalar(n *yaml.Node, c class) {
	if c == plain {
		p.edit(n, scrubValue(n.Value))
		return
	}
	if harmless(n.Value, c) || saysNothing(n.Value) && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
		// A path or a reference may still hold a URL with a password.
		p.edit(n, scrubAnywhere(n.Value))
		return
	}
	p.edits[n] = mark
}

// edit plans a new value, unless a better one is planned.
func (p *plan) edit(n *yaml.Node, value string) {
	if value == n.Value || p.edits[n] == mark {
		return
	}
	p.edits[n] = value
}

// namesCredential reports whether a map is an item such as {name: API_KEY,
// value: x}, of headers or environment variables.
func namesCredential(n *yaml.Node) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := target(n.Content[i]), target(n.Content[i+1])
		if key.Kind == yaml.ScalarNode && value.Kind == yaml.ScalarNode && isNameKey(key.Value) &&
			!isReference(value.Value) && classify(value.Value) != plain {
			return true
		}
	}
	return false
}

func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}
