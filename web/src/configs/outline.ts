// What a collector configuration defines, read line by line: a parser of YAML refuses
// the half-written text that somebody is typing, and it is then that ids are to be offered.

/** The sections that define components, in the order in which a configuration is read. */
export const sections = ["receivers", "processors", "exporters", "connectors", "extensions"] as const;
export type Section = (typeof sections)[number];

/** The lists of a pipeline. */
export const pipelineFields = ["receivers", "processors", "exporters"] as const;
export type PipelineField = (typeof pipelineFields)[number];

/** Ids by section. */
export type Ids = Readonly<Record<Section, readonly string[]>>;

export const noIds: Ids = { receivers: [], processors: [], exporters: [], connectors: [], extensions: [] };

export function isSection(name: string | undefined): name is Section {
  return (sections as readonly string[]).includes(name ?? "");
}

export function isPipelineField(name: string | undefined): name is PipelineField {
  return (pipelineFields as readonly string[]).includes(name ?? "");
}

const keyLine = /^(\s*)(?:"([^"]*)"|'([^']*)'|([^\s:#'"[\]{},-][^:#]*?|-[^\s:#][^:#]*?))\s*:(?:\s+(.*))?$/;

/** One line that is `key:` or `key: value` of a block map. */
export interface KeyLine {
  readonly indent: number;
  readonly key: string;
  readonly value: string;
}

/** The key on a line, or null where the line is none: blank, a comment, an item of a list. */
export function keyOf(line: string): KeyLine | null {
  const m = keyLine.exec(line.replace(/\r$/, ""));
  if (!m) return null;
  const key = m[2] ?? m[3] ?? m[4] ?? "";
  return { indent: (m[1] ?? "").length, key, value: withoutComment(m[5] ?? "") };
}

function withoutComment(value: string): string {
  return value.replace(/(^|\s)#.*$/, "").trim();
}

export function isBlank(line: string): boolean {
  return /^\s*(#.*)?$/.test(line);
}

/** The ids that each section of the text defines, each once, in their order. */
export function definedIds(text: string): Ids {
  const found: Record<Section, string[]> = { receivers: [], processors: [], exporters: [], connectors: [], extensions: [] };
  let section: Section | null = null;
  let depth = 0; // how far the ids of this section are indented; 0: not known yet
  for (const line of text.split("\n")) {
    if (isBlank(line)) continue;
    const entry = keyOf(line);
    if (!/^\s/.test(line)) {
      section = entry && isSection(entry.key) ? entry.key : null;
      depth = 0;
      continue;
    }
    if (!section || !entry) continue;
    if (depth === 0) depth = entry.indent;
    if (entry.indent === depth && !found[section].includes(entry.key)) found[section].push(entry.key);
  }
  return found;
}
