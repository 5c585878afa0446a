import type { Place } from "./cursor";
import { definedIds, noIds, pipelineFields, sections, type Ids, type PipelineField, type Section } from "./outline";

/** One id that may be written where the cursor is. */
export interface Suggestion {
  readonly id: string;
  /** What is written for it. */
  readonly text: string;
  readonly detail: string;
  /** Greater comes first. */
  readonly rank: number;
}

const signals = ["traces", "metrics", "logs", "profiles"];

/** The sections whose ids a list of a pipeline may name: a connector ends one pipeline and begins another. */
const takenFrom: Readonly<Record<PipelineField, readonly Section[]>> = {
  receivers: ["receivers", "connectors"],
  processors: ["processors"],
  exporters: ["exporters", "connectors"],
};

/** What to offer at a place of this text, with the ids that the fleet's agents have. */
export function suggestions(place: Place, text: string, fleet: Ids = noIds): Suggestion[] {
  switch (place.kind) {
    case "top":
      return keys([...sections, "service"], topKeys(text), "section");
    case "service":
      return keys(["extensions", "pipelines", "telemetry"], [], "of the service");
    case "pipeline":
      return keys(signals, [], "pipeline");
    case "field":
      return keys(pipelineFields, place.siblings, "of the pipeline");
    case "define":
      return definitions(place.section, text, fleet);
    case "reference":
      return references(takenFrom[place.field], place.listed, text, fleet);
    case "extension":
      return references(["extensions"], place.listed, text, fleet);
  }
}

function keys(names: readonly string[], taken: readonly string[], detail: string): Suggestion[] {
  return names.filter((name) => !taken.includes(name)).map((name, i) => ({ id: name, text: `${name}:`, detail, rank: -i }));
}

function topKeys(text: string): string[] {
  return [...text.matchAll(/^([a-z]+):/gm)].map((m) => m[1] ?? "");
}

function definitions(section: Section, text: string, fleet: Ids): Suggestion[] {
  const defined = definedIds(text)[section];
  const missing = usedIds(text, section).filter((id) => !defined.includes(id));
  const out = missing.map((id) => ({ id, text: `${id}:`, detail: "used, not defined yet", rank: 2 }));
  for (const id of fleet[section]) {
    if (defined.includes(id) || missing.includes(id)) continue;
    out.push({ id, text: `${id}:`, detail: "in the fleet", rank: 0 });
  }
  return out;
}

function references(from: readonly Section[], listed: readonly string[], text: string, fleet: Ids): Suggestion[] {
  const defined = definedIds(text);
  const out: Suggestion[] = [];
  const add = (id: string, detail: string, rank: number) => {
    if (listed.includes(id) || out.some((s) => s.id === id)) return;
    out.push({ id, text: id, detail, rank });
  };
  for (const section of from) {
    for (const id of defined[section]) add(id, singular(section), 2);
  }
  for (const section of from) {
    for (const id of fleet[section]) add(id, `${singular(section)}, not defined here`, 0);
  }
  return out;
}

function singular(section: Section): string {
  return section.slice(0, -1);
}

/** The ids that the service names where ids of this section belong, defined or not. */
function usedIds(text: string, section: Section): string[] {
  const lists = section === "extensions" ? ["extensions"] : pipelineFields.filter((f) => takenFrom[f][0] === section);
  const defined = definedIds(text);
  const service = text.slice(Math.max(0, text.search(/^service:/m)));
  const found: string[] = [];
  for (const list of lists) {
    const flow = new RegExp(`^\\s+${list}:\\s*\\[([^\\]]*)\\]`, "gm");
    const block = new RegExp(`^(\\s+)${list}:[ \\t]*\\n((?:\\1\\s*- .*\\n?)+)`, "gm");
    for (const m of service.matchAll(flow)) found.push(...(m[1] ?? "").split(","));
    for (const m of service.matchAll(block)) found.push(...(m[2] ?? "").split("\n").map((l) => l.replace(/^\s*-/, "")));
  }
  const ids = found.map((id) =>
    id
      .replace(/(^|\s)#.*$/, "")
      .trim()
      .replace(/^(["'])(.*)\1$/, "$2"),
  );
  return [...new Set(ids)].filter((id) => id !== "" && !defined.connectors.includes(id));
}
