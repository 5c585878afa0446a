/** A collector's configuration that the checks take: OTLP in, the debug exporter out. */
export function collectorConfig(verbosity: "basic" | "normal" | "detailed" = "basic"): string {
  return `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:4317
exporters:
  debug:
    verbosity: ${verbosity}
service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [debug]
`;
}
