// Package validate checks the body of an OpenTelemetry Collector configuration
// before it is stored or sent: that it is one YAML map, that its sections,
// ids and pipelines have the form that the collector demands, and that
// everything that is referred to is defined.
//
// It reads nothing but the body. No ${env:...}, ${file:...} or other reference
// is ever expanded: what stands behind one is the agent's business, so whatever
// depends on it is let pass with a warning. Which component types exist, and
// what their fields may hold, is left to the collector.
//
// The grammar of ids is the collector's own (go.opentelemetry.io/collector/component
// and pipeline), and what passes our rules must also load through
// go.opentelemetry.io/collector/confmap. The rules about references, connectors
// and cycles follow otelcol.Config.Validate and the service's graph, which
// cannot be imported at a reasonable weight.
package validate
