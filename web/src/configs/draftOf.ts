import type { Config } from "../api/types";
import type { Draft } from "./draft";

/** What an operator has written of a configuration. */
export function draftOf(config: Config): Draft {
  const { name, description, selector, priority, labels, config: text } = config;
  return { name, description, selector, priority, labels, config: text };
}

/** What a new configuration begins with: it says what is missing, and would run. */
export const newDraft: Draft = {
  name: "",
  description: "",
  selector: "",
  priority: 0,
  labels: {},
  config: `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:4317

processors:
  batch:

exporters:
  debug:

service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
`,
};

/** One thing that differs besides the text, as a person reads it. */
export interface FieldChange {
  field: string;
  from: string;
  to: string;
}

export function fieldChanges(from: Draft, to: Draft): FieldChange[] {
  const pairs: [string, string, string][] = [
    ["Name", from.name, to.name],
    ["Description", from.description, to.description],
    ["Selector", from.selector.trim(), to.selector.trim()],
    ["Priority", String(from.priority), String(to.priority)],
    ["Labels", labelText(from.labels), labelText(to.labels)],
  ];
  return pairs.filter(([, a, b]) => a !== b).map(([field, a, b]) => ({ field, from: a, to: b }));
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}
