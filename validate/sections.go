package validate

import (
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.yaml.in/yaml/v3"
)

// section is what receivers, processors, exporters, connectors or extensions define.
type section struct {
	kind    string // singular: "receiver"
	defined map[component.ID]*definition
	order   []*definition
	// complete is false if the section stands behind a reference or could not be
	// read, so that an id that is not in it may be defined all the same.
	complete bool
}

type definition struct {
	id    component.ID
	where at
	used  bool
}

func (s *section) has(id component.ID) bool {
	_, ok := s.defined[id]
	return ok
}

func (s *section) use(id component.ID) {
	if d, ok := s.defined[id]; ok {
		d.used = true
	}
}

// checker walks the sections of one document.
type checker struct {
	*document
	r *report
}

// checkSections reads the sections of a configuration and checks them against each other.
func checkSections(root *yaml.Node, r *report) *document {
	doc := &document{
		receivers:  section{kind: "receiver", complete: true},
		processors: section{kind: "processor", complete: true},
		exporters:  section{kind: "exporter", complete: true},
		connectors: section{kind: "connector", complete: true},
		extensions: section{kind: "extension", complete: true},
	}
	c := &checker{document: doc, r: r}
	var service *entry
	for _, e := range entries(root) {
		where := at{}.key(e.key, e.name)
		switch e.name {
		case "receivers":
			c.section(&c.receivers, where, e.value)
		case "processors":
			c.section(&c.processors, where, e.value)
		case "exporters":
			c.section(&c.exporters, where, e.value)
		case "connectors":
			c.section(&c.connectors, where, e.value)
		case "extensions":
			c.section(&c.extensions, where, e.value)
		case "service":
			service = &e
		default:
			c.unknownKey(where, e.name, "", "receivers", "processors", "exporters", "connectors", "extensions", "service")
		}
	}
	c.ambiguousConnectors()
	if service == nil {
		c.r.errorf("missing-service", at{node: root, path: "service"}, "There is no service, so nothing would run.")
		return doc
	}
	c.service(at{}.key(service.key, service.name), service.value)
	c.unused()
	return doc
}

// section reads one map of component ids.
func (c *checker) section(s *section, where at, value *yaml.Node) {
	s.defined = map[component.ID]*definition{}
	if isNull(value) {
		return
	}
	if expands(value) {
		s.complete = false
		c.unchecked(at{node: value, path: where.path})
		return
	}
	if value.Kind != yaml.MappingNode {
		s.complete = false
		c.wrongType(at{node: value, path: where.path}, value, "a map of "+s.kind+"s by their ids")
		return
	}
	for _, e := range entries(value) {
		place := where.key(e.key, e.name)
		id, err := componentID(e.key)
		if err != "" {
			// What is called by the id that was meant would be said to be undefined as well.
			s.complete = false
			c.r.errorf("invalid-component-id", place, "The %s id %s is not valid: %s.", s.kind, quote(e.name), err)
			continue
		}
		if first, ok := s.defined[id]; ok {
			c.r.errorf("duplicate-id", place, "The %s %s is defined twice, at line %d and at line %d.",
				s.kind, quote(id.String()), first.where.node.Line, e.key.Line)
			continue
		}
		d := &definition{id: id, where: place}
		s.defined[id] = d
		s.order = append(s.order, d)
		switch {
		case isNull(e.value), e.value.Kind == yaml.MappingNode:
		case expands(e.value): // its fields are not checked anyway
			c.expands = true
		default:
			c.wrongType(at{node: e.value, path: place.path}, e.value, "a map of the "+s.kind+"'s settings, or empty")
		}
	}
}

// ambiguousConnectors finds connectors that a pipeline could not tell from a receiver or an exporter.
func (c *checker) ambiguousConnectors() {
	for _, connector := range c.connectors.order {
		for _, other := range []*section{&c.receivers, &c.exporters} {
			if d, ok := other.defined[connector.id]; ok {
				c.r.errorf("ambiguous-connector", connector.where, "The id %s names a connector and, at line %d, %s; one of them must be renamed.",
					quote(connector.id.String()), d.where.node.Line, article(other.kind))
			}
		}
	}
}

// unused warns of what is defined and would not be started.
func (c *checker) unused() {
	if c.pipelinesRead {
		for _, s := range []*section{&c.receivers, &c.processors, &c.exporters, &c.connectors} {
			for _, d := range s.order {
				if !d.used {
					c.r.warnf("unused-"+s.kind, d.where, "The %s %s is used by no pipeline, so the collector does not start it.", s.kind, quote(d.id.String()))
				}
			}
		}
	}
	if c.extensionsRead {
		for _, d := range c.extensions.order {
			if !d.used {
				c.r.warnf("unused-extension", d.where, "The extension %s is not listed in service::extensions, so the collector does not start it.", quote(d.id.String()))
			}
		}
	}
}

// componentID reads an id by the collector's grammar; err says what is wrong with it.
func componentID(n *yaml.Node) (id component.ID, err string) {
	n = resolve(n)
	if !isText(n) {
		return id, "it is " + kindName(n) + ", not text"
	}
	// confmap takes :: in a key as a step down, so such an id would not be found again.
	if strings.Contains(n.Value, "::") {
		return id, "it must not contain ::"
	}
	if e := id.UnmarshalText([]byte(n.Value)); e != nil {
		return id, e.Error()
	}
	return id, ""
}

func (c *checker) unknownKey(where at, name, owner string, known ...string) {
	place := "at the top level"
	if owner != "" {
		place = "in " + owner
	}
	hint := ""
	if strings.Contains(name, "::") {
		hint = " Write :: as nested maps."
	} else if near := nearest(name, known); near != "" {
		hint = " Is " + near + " meant?"
	}
	c.r.errorf("unknown-key", where, "The key %s is not known %s; it may hold %s.%s", quote(name), place, strings.Join(known, ", "), hint)
}

func (c *checker) wrongType(where at, got *yaml.Node, want string) {
	c.r.errorf("wrong-type", where, "This is %s; it must be %s.", kindName(got), want)
}

// unchecked tells that a part is let pass because only the agent can expand it.
func (c *checker) unchecked(where at) {
	c.expands = true
	c.r.warnf("unchecked-reference", where, "What ${...} stands for is known to the agent only, so it is not checked here.")
}

func article(kind string) string {
	if strings.ContainsRune("aeiou", rune(kind[0])) {
		return "an " + kind
	}
	return "a " + kind
}
