package validate

import (
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pipeline"
	"go.yaml.in/yaml/v3"
)

// pipelineUse is what one pipeline refers to.
type pipelineUse struct {
	id         pipeline.ID
	where      at
	receivers  references
	processors references
	exporters  references
}

// references is a list of component ids.
type references struct {
	where at
	items []reference
	// complete is false if the list, or an item, stands behind a ${...}
	// reference or could not be read.
	complete bool
}

type reference struct {
	id    component.ID
	where at
}

func (c *checker) service(where at, value *yaml.Node) {
	if expands(value) {
		c.unchecked(at{node: value, path: where.path})
		return
	}
	if value.Kind != yaml.MappingNode && !isNull(value) {
		c.wrongType(at{node: value, path: where.path}, value, "a map with extensions, pipelines and telemetry")
		return
	}
	var pipelines *entry
	extensions := references{complete: true}
	for _, e := range entries(value) {
		place := where.key(e.key, e.name)
		switch e.name {
		case "extensions":
			extensions = c.references(place, e.value)
		case "pipelines":
			pipelines = &e
		case "telemetry":
			if e.value.Kind != yaml.MappingNode && !isNull(e.value) {
				if expands(e.value) {
					c.expands = true
				} else {
					c.wrongType(at{node: e.value, path: place.path}, e.value, "a map")
				}
			}
		default:
			c.unknownKey(place, e.name, "service", "extensions", "pipelines", "telemetry")
		}
	}
	c.serviceExtensions(extensions)
	if pipelines == nil {
		c.r.errorf("missing-pipelines", at{node: where.node, path: join(where.path, "pipelines")}, "The service has no pipelines; it must have at least one.")
		return
	}
	c.servicePipelines(where.key(pipelines.key, pipelines.name), pipelines.value)
}

func (c *checker) serviceExtensions(list references) {
	c.extensionsRead = list.complete
	c.repeated(list, false, "extension", "service::extensions")
	for _, ref := range list.items {
		c.extensions.use(ref.id)
		if c.extensions.complete && !c.extensions.has(ref.id) {
			c.undefined(ref, "extension", &c.extensions)
		}
	}
}

func (c *checker) servicePipelines(where at, value *yaml.Node) {
	if expands(value) {
		c.unchecked(at{node: value, path: where.path})
		return
	}
	if value.Kind != yaml.MappingNode && !isNull(value) {
		c.wrongType(at{node: value, path: where.path}, value, "a map of pipelines by their ids")
		return
	}
	all := entries(value)
	if len(all) == 0 {
		c.r.errorf("missing-pipelines", where, "The service has no pipelines; it must have at least one.")
		return
	}
	c.pipelinesRead = true
	seen := map[pipeline.ID]*yaml.Node{}
	for _, e := range all {
		place := where.key(e.key, e.name)
		id, err := pipelineID(e.key)
		if err != "" {
			c.pipelinesRead = false
			c.r.errorf("invalid-pipeline-id", place, "The pipeline id %s is not valid: %s.", quote(e.name), err)
			continue
		}
		if first, ok := seen[id]; ok {
			c.r.errorf("duplicate-id", place, "The pipeline %s is defined twice, at line %d and at line %d.", quote(id.String()), first.Line, e.key.Line)
			continue
		}
		seen[id] = e.key
		c.pipeline(id, place, e.value)
	}
	c.connectorSides()
	c.connectorCycles()
}

// pipelineID reads an id by the collector's grammar; err says what is wrong with it.
func pipelineID(n *yaml.Node) (id pipeline.ID, err string) {
	n = resolve(n)
	if !isText(n) {
		return id, "it is " + kindName(n) + ", not text"
	}
	if strings.Contains(n.Value, "::") {
		return id, "it must not contain ::"
	}
	if e := id.UnmarshalText([]byte(n.Value)); e != nil {
		return id, e.Error()
	}
	return id, ""
}
