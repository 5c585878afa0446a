package validate

import (
	"go.yaml.in/yaml/v3"
)

// Limits on what a tree holds once its aliases are expanded. The collector
// decodes the expanded tree and flattens it to paths, and compares the keys of
// each map with one another; the limits keep each of these under some 100 ms.
const (
	maxDepth    = 100
	maxNodes    = 200_000
	maxCompares = 50_000_000
	maxPathWork = 64 << 20
	// Above it, and where nearly all comes from aliases, the YAML decoder refuses too.
	minAliasedNodes = 1000
)

// weight is what a subtree costs once its aliases are expanded.
type weight struct {
	height   int
	nodes    int
	compares int // comparisons of keys
	leaves   int // paths that end in it
	prefixes int // all prefixes of those paths, and
	pathWork int // their bytes together
}

func (w *weight) add(child weight) {
	w.height = max(w.height, child.height+1)
	w.nodes += child.nodes
	w.compares += child.compares
}

// treeCheck walks the nodes as they are written, each once.
type treeCheck struct {
	r       *report
	path    []segment
	open    map[*yaml.Node]bool   // anchors that the walk is inside of
	weights map[*yaml.Node]weight // of anchors that it has left
	nodes   int                   // so far, aliases expanded
	aliased int                   // of them, those from aliases
	stopped bool
}

type segment struct {
	key   string
	index int
	item  bool // an item of a list, named by index
}

// checkTree refuses what no part of a configuration may have: duplicate keys,
// keys that are no scalars, values that their tags do not fit, merges of what
// is no map, and trees that are too deep or too large, above all by aliases.
// It returns false if the tree cannot be walked safely.
func checkTree(root *yaml.Node, r *report) bool {
	c := &treeCheck{r: r, open: map[*yaml.Node]bool{}, weights: map[*yaml.Node]weight{}}
	c.walk(root, 1)
	return !c.stopped
}

func (c *treeCheck) walk(n *yaml.Node, depth int) weight {
	if c.stopped {
		return weight{}
	}
	c.nodes++
	if n.Kind == yaml.AliasNode {
		return c.alias(n, depth)
	}
	if n.Anchor != "" {
		c.open[n] = true
	}
	var w weight
	switch n.Kind {
	case yaml.MappingNode:
		w = c.mapping(n, depth)
	case yaml.SequenceNode:
		w = c.sequence(n, depth)
	default:
		c.scalar(n)
		w.leaves = 1
	}
	w.nodes++
	if n.Anchor != "" {
		delete(c.open, n)
		c.weights[n] = w
	}
	c.bound(n, w, depth)
	return w
}

func (c *treeCheck) alias(n *yaml.Node, depth int) weight {
	if c.open[n.Alias] {
		c.stop("alias-cycle", n, "The alias %s stands inside of what it refers to.", quote(n.Value))
		return weight{}
	}
	w := c.weights[n.Alias]
	w.nodes++
	c.nodes += w.nodes
	c.aliased += w.nodes
	if c.nodes > maxNodes || c.nodes > minAliasedNodes && float64(c.aliased) > 0.99*float64(c.nodes) {
		c.stop("alias-bomb", n, "With the alias %s the document grows out of all proportion.", quote(n.Value))
	}
	c.bound(n, w, depth)
	return w
}

func (c *treeCheck) bound(n *yaml.Node, w weight, depth int) {
	switch {
	case depth+w.height > maxDepth:
		c.stop("too-deep", n, "The configuration is nested more than %d levels deep.", maxDepth)
	case c.nodes > maxNodes, w.compares > maxCompares, w.pathWork > maxPathWork:
		c.stop("too-complex", n, "The configuration has too many entries to be checked.")
	}
}

func (c *treeCheck) stop(code string, n *yaml.Node, format string, args ...any) {
	if c.stopped {
		return
	}
	c.stopped = true
	c.r.errorf(code, at{node: n, path: c.where()}, format, args...)
}

func (c *treeCheck) mapping(n *yaml.Node, depth int) weight {
	var w weight
	if depth >= maxDepth {
		c.bound(n, weight{height: 1}, depth)
		return w
	}
	c.duplicates(n)
	pairs := len(n.Content) / 2
	w.compares = pairs * pairs / 2
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := resolve(key).Value
		c.path = append(c.path, segment{key: name})
		switch {
		case isMerge(key):
			c.merge(value)
		case resolve(key).Kind != yaml.ScalarNode:
			c.r.errorf("unsupported-key", at{node: key, path: c.where()}, "A key is %s; only single values can be keys.", kindName(resolve(key)))
		}
		w.add(c.walk(key, depth+1))
		child := c.walk(value, depth+1)
		w.add(child)
		leaves := max(child.leaves, 1)
		w.leaves += leaves
		w.prefixes += child.prefixes + leaves
		w.pathWork += child.pathWork + (child.prefixes+leaves)*(len(name)+2)
		c.path = c.path[:len(c.path)-1]
		if c.stopped {
			return w
		}
	}
	return w
}

func (c *treeCheck) sequence(n *yaml.Node, depth int) weight {
	w := weight{leaves: 1} // lists are not flattened
	if depth >= maxDepth {
		c.bound(n, weight{height: 1}, depth)
		return w
	}
	for i, item := range n.Content {
		c.path = append(c.path, segment{index: i, item: true})
		w.add(c.walk(item, depth+1))
		c.path = c.path[:len(c.path)-1]
		if c.stopped {
			return w
		}
	}
	return w
}

// scalar tries values with a tag of their own: !!int x cannot be decoded. The
// decoder's error is not passed on, since it quotes the value.
func (c *treeCheck) scalar(n *yaml.Node) {
	if n.Style&yaml.TaggedStyle == 0 {
		return
	}
	if !decodes(n) {
		c.r.errorf("invalid-tag", at{node: n, path: c.where()}, "The value does not fit its tag %s.", quote(n.Tag))
	}
}

// decodes reports whether n can be decoded; a decoder that panics on it says no.
func decodes(n *yaml.Node) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	var value any
	return n.Decode(&value) == nil
}

// duplicates holds the keys of one map against one another. An alias counts as
// what it refers to, and 1 and "1" as the same, as the decoder has it.
func (c *treeCheck) duplicates(n *yaml.Node) {
	type id struct {
		kind  yaml.Kind
		value string
	}
	seen := make(map[id]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		target := resolve(key)
		if target.Kind != yaml.ScalarNode {
			continue
		}
		k := id{target.Kind, target.Value}
		first, ok := seen[k]
		if !ok {
			seen[k] = key
			continue
		}
		c.path = append(c.path, segment{key: target.Value})
		c.r.errorf("duplicate-key", at{node: key, path: c.where()},
			"The key %s is given twice, at line %d and at line %d.", quote(target.Value), first.Line, key.Line)
		c.path = c.path[:len(c.path)-1]
	}
}

// merge checks the value of a << key: a map, or a list of maps.
func (c *treeCheck) merge(value *yaml.Node) {
	target := resolve(value)
	ok := target.Kind == yaml.MappingNode
	if value.Kind == yaml.SequenceNode {
		ok = true
		for _, item := range value.Content {
			ok = ok && resolve(item).Kind == yaml.MappingNode
		}
	}
	if !ok {
		c.r.errorf("invalid-merge", at{node: value, path: c.where()}, "Only a map or a list of maps can be merged with <<; this is %s.", kindName(target))
	}
}

func (c *treeCheck) where() string {
	path := ""
	for _, s := range c.path {
		if len(path) > maxPathShown {
			break
		}
		if s.item {
			path = index(path, s.index)
			continue
		}
		path = join(path, s.key)
	}
	return path
}

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	// An alias never refers to another alias: an anchor cannot be put on one.
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// isMerge reports whether a key is the merge key <<, as the decoder has it.
func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && (key.Tag == "" || key.Tag == "!" || key.ShortTag() == "!!merge")
}

// entry is one key of a map with its value, aliases resolved.
type entry struct {
	key   *yaml.Node // where the key is written, perhaps an alias
	name  string     // what it says
	value *yaml.Node
}

// entries lists what a map holds once << is merged into it: its own keys first,
// then those of the merged maps that it does not have. The tree was checked
// before, so neither cycles nor blow-ups are left.
func entries(n *yaml.Node) []entry {
	var all []entry
	seen := map[string]bool{}
	var collect func(n *yaml.Node)
	collect = func(n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			return
		}
		var merged *yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if isMerge(n.Content[i]) {
				merged = n.Content[i+1]
				continue
			}
			name := resolve(n.Content[i]).Value
			if !seen[name] {
				seen[name] = true
				all = append(all, entry{key: n.Content[i], name: name, value: resolve(n.Content[i+1])})
			}
		}
		switch {
		case merged == nil:
		case merged.Kind == yaml.SequenceNode:
			for _, item := range merged.Content {
				collect(resolve(item))
			}
		default:
			collect(resolve(merged))
		}
	}
	collect(n)
	return all
}
