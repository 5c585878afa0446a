package validate

import (
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pipeline"
	"go.yaml.in/yaml/v3"
)

func (c *checker) pipeline(id pipeline.ID, where at, value *yaml.Node) {
	if expands(value) {
		c.pipelinesRead = false
		c.unchecked(at{node: value, path: where.path})
		return
	}
	if value.Kind != yaml.MappingNode && !isNull(value) {
		c.pipelinesRead = false
		c.wrongType(at{node: value, path: where.path}, value, "a map with receivers, processors and exporters")
		return
	}
	empty := func(key string) references {
		return references{where: at{node: where.node, path: join(where.path, key)}, complete: true}
	}
	use := pipelineUse{id: id, where: where, receivers: empty("receivers"), processors: empty("processors"), exporters: empty("exporters")}
	for _, e := range entries(value) {
		place := where.key(e.key, e.name)
		switch e.name {
		case "receivers":
			use.receivers = c.references(place, e.value)
		case "processors":
			use.processors = c.references(place, e.value)
		case "exporters":
			use.exporters = c.references(place, e.value)
		default:
			c.unknownKey(place, e.name, "a pipeline", "receivers", "processors", "exporters")
		}
	}
	for _, list := range []references{use.receivers, use.processors, use.exporters} {
		if !list.complete {
			c.pipelinesRead = false
		}
	}
	if id.Signal().String() == "profiles" {
		c.r.warnf("gated-signal", where, "Collectors run profiles pipelines only behind a feature gate (service.profilesSupport).")
	}
	c.pipelines = append(c.pipelines, use)
	c.pipelineLists(&use)
}

func (c *checker) pipelineLists(use *pipelineUse) {
	name := quote(use.id.String())
	if len(use.receivers.items) == 0 && use.receivers.complete {
		c.r.errorf("pipeline-without-receivers", use.receivers.where, "The pipeline %s has no receivers; it must have at least one.", name)
	}
	if len(use.exporters.items) == 0 && use.exporters.complete {
		c.r.errorf("pipeline-without-exporters", use.exporters.where, "The pipeline %s has no exporters; it must have at least one.", name)
	}
	c.repeated(use.receivers, false, "receiver", "the pipeline "+name)
	c.repeated(use.processors, true, "processor", "the pipeline "+name)
	c.repeated(use.exporters, false, "exporter", "the pipeline "+name)
	c.resolveRefs(use.receivers, "receiver", &c.receivers, &c.connectors)
	c.resolveRefs(use.processors, "processor", &c.processors)
	c.resolveRefs(use.exporters, "exporter", &c.exporters, &c.connectors)
}

// resolveRefs marks what is referred to as used, and reports what none of the sections defines.
func (c *checker) resolveRefs(list references, kind string, in ...*section) {
	for _, ref := range list.items {
		found := false
		for _, s := range in {
			s.use(ref.id)
			found = found || s.has(ref.id) || !s.complete
		}
		if !found {
			c.undefined(ref, kind, in...)
		}
	}
}

func (c *checker) undefined(ref reference, kind string, in ...*section) {
	hint := ""
	for _, other := range []*section{&c.receivers, &c.processors, &c.exporters, &c.connectors, &c.extensions} {
		if other.has(ref.id) {
			hint = " There is " + article(other.kind) + " of this id."
			break
		}
	}
	if hint == "" {
		var names []string
		for _, s := range in {
			for _, d := range s.order {
				names = append(names, d.id.String())
			}
		}
		if near := nearest(ref.id.String(), names); near != "" {
			hint = " Is " + quote(near) + " meant?"
		}
	}
	c.r.errorf("undefined-"+kind, ref.where, "The %s %s is not defined.%s", kind, quote(ref.id.String()), hint)
}

// references reads a list of component ids.
func (c *checker) references(where at, value *yaml.Node) references {
	list := references{where: where, complete: true}
	switch {
	case isNull(value):
		return list
	case expands(value):
		list.complete = false
		c.unchecked(at{node: value, path: where.path})
		return list
	case value.Kind != yaml.SequenceNode:
		list.complete = false
		c.wrongType(at{node: value, path: where.path}, value, "a list of component ids")
		return list
	}
	for i, item := range value.Content {
		target := resolve(item)
		place := at{node: item, path: index(where.path, i)}
		switch {
		case expands(target):
			list.complete = false
			c.unchecked(place)
		case !isText(target):
			list.complete = false
			c.wrongType(place, target, "a component id")
		default:
			id, err := componentID(target)
			if err != "" {
				list.complete = false
				c.r.errorf("invalid-component-id", place, "The component id %s is not valid: %s.", quote(target.Value), err)
				continue
			}
			list.items = append(list.items, reference{id: id, where: place})
		}
	}
	return list
}

// repeated reports ids that a list holds twice. The collector refuses that for
// processors only, and takes receivers, exporters and extensions as if they stood there once.
func (c *checker) repeated(list references, refused bool, kind, owner string) {
	report := c.r.warnf
	if refused {
		report = c.r.errorf
	}
	seen := make(map[component.ID]reference, len(list.items))
	for _, ref := range list.items {
		first, ok := seen[ref.id]
		if !ok {
			seen[ref.id] = ref
			continue
		}
		report("duplicate-"+kind, ref.where, "The %s %s stands twice in %s, at line %d and at line %d.",
			kind, quote(ref.id.String()), owner, first.where.node.Line, ref.where.node.Line)
	}
}
