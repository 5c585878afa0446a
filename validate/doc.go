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
// The codes of findings are stable. Errors about the text and its form:
// too-large, too-complex, too-deep, not-utf8, control-character, not-yaml,
// empty-document, multiple-documents, not-a-map, duplicate-key, unsupported-key,
// invalid-tag, invalid-merge, alias-bomb, alias-cycle, unknown-key, wrong-type,
// not-loadable. About ids and what refers to them: invalid-component-id,
// invalid-pipeline-id, duplicate-id, undefined-receiver, undefined-processor,
// undefined-exporter, undefined-extension. About the service: missing-service,
// missing-pipelines, pipeline-without-receivers, pipeline-without-exporters,
// duplicate-processor, ambiguous-connector, connector-without-receiver,
// connector-without-exporter, connector-cycle. Warnings: unchecked-reference,
// unused-receiver, unused-processor, unused-exporter, unused-connector,
// unused-extension, duplicate-receiver, duplicate-exporter, duplicate-extension,
// possible-connector-cycle, gated-signal, too-many-findings.
//
// The grammar of ids is the collector's own (go.opentelemetry.io/collector/component
// and pipeline), and what passes our rules must also load through
// go.opentelemetry.io/collector/confmap. The rules about references, connectors
// and cycles follow otelcol.Config.Validate and the service's graph, which
// cannot be imported at a reasonable weight.
package validate
