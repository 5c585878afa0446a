import { asMap, get, isYamlMap, readYaml, type YamlMap } from "./document";

export type Kind = "receiver" | "processor" | "exporter" | "connector" | "extension";

/** Where in its pipeline a component stands; a connector ends one pipeline and begins another. */
export type Stage = "receivers" | "processors" | "exporters";

export interface Component {
  /** Unique in the graph. */
  key: string;
  id: string;
  kind: Kind;
  /** Whether the configuration says what it is; a pipeline may name what nobody defined. */
  defined: boolean;
  /** As it is configured; null where it is left to its defaults. */
  settings: unknown;
}

export interface Pipeline {
  /** For example `traces/edge`. */
  id: string;
  /** For example `traces`. */
  signal: string;
  receivers: Component[];
  processors: Component[];
  exporters: Component[];
}

export interface Link {
  from: string;
  to: string;
  /** From the pipeline that a connector ends to the one that it begins. */
  between: boolean;
}

export interface PipelineModel {
  /** A pipeline that a connector feeds comes after the one that feeds it, where there is no circle. */
  pipelines: Pipeline[];
  links: Link[];
  extensions: Component[];
  /** What could not be drawn, and why, for a person. */
  problems: string[];
}

/** More would neither fit a screen nor be a collector's configuration. */
const maxPipelines = 200;

/** readPipelines makes the model of a collector's configuration. Odd parts are left out and named. */
export function readPipelines(text: string): PipelineModel {
  const { value, problem } = readYaml(text);
  if (problem !== undefined) {
    return { pipelines: [], links: [], extensions: [], problems: [problem] };
  }
  return modelOf(value);
}

/** modelOf is readPipelines for a configuration that has been parsed. */
export function modelOf(config: unknown): PipelineModel {
  const problems: string[] = [];
  if (config !== undefined && !isYamlMap(config)) {
    problems.push("The configuration is not a map.");
  }
  const root = asMap(config);
  const service = asMap(get(root, "service"));
  const written = Object.entries(asMap(get(service, "pipelines")));
  if (written.length > maxPipelines) {
    problems.push(`Only the first ${maxPipelines} of ${written.length} pipelines are drawn.`);
  }
  const pipelines = written.slice(0, maxPipelines).map(([id, body]) => readPipeline(root, id, body, problems));
  const links = [...pipelines.flatMap(linksWithin), ...linksBetween(pipelines)];
  return { pipelines: inFlowOrder(pipelines), links, extensions: readExtensions(root, service), problems };
}

function readPipeline(root: YamlMap, id: string, body: unknown, problems: string[]): Pipeline {
  if (!isYamlMap(body)) {
    problems.push(`Pipeline ${id} names no receivers and no exporters.`);
  }
  const stage = (name: Stage): Component[] =>
    namesIn(get(asMap(body), name), `${id}::${name}`, problems).map((name_) =>
      componentOf(root, `${id}|${name}|${name_}`, name_, name),
    );
  return {
    id,
    signal: id.split("/")[0]?.trim() ?? id,
    receivers: stage("receivers"),
    processors: stage("processors"),
    exporters: stage("exporters"),
  };
}

/** namesIn reads a list of component ids, each once. */
function namesIn(value: unknown, where: string, problems: string[]): string[] {
  if (value === undefined || value === null) {
    return [];
  }
  if (!Array.isArray(value)) {
    problems.push(`${where} is not a list.`);
    return [];
  }
  const names = new Set<string>();
  for (const item of value as unknown[]) {
    if (typeof item !== "string" && typeof item !== "number") {
      problems.push(`${where} holds something that is no component id.`);
    } else if (names.has(String(item))) {
      problems.push(`${where} names ${item} twice.`);
    } else {
      names.add(String(item));
    }
  }
  return [...names];
}

const kindOfStage = { receivers: "receiver", processors: "processor", exporters: "exporter" } as const;

function componentOf(root: YamlMap, key: string, id: string, stage: Stage): Component {
  const own = asMap(get(root, stage));
  const connectors = asMap(get(root, "connectors"));
  if (!Object.hasOwn(own, id) && stage !== "processors" && Object.hasOwn(connectors, id)) {
    return { key, id, kind: "connector", defined: true, settings: connectors[id] ?? null };
  }
  return { key, id, kind: kindOfStage[stage], defined: Object.hasOwn(own, id), settings: get(own, id) ?? null };
}

function readExtensions(root: YamlMap, service: YamlMap): Component[] {
  const own = asMap(get(root, "extensions"));
  return namesIn(get(service, "extensions"), "service::extensions", []).map((id) => ({
    key: `extension|${id}`,
    id,
    kind: "extension",
    defined: Object.hasOwn(own, id),
    settings: get(own, id) ?? null,
  }));
}

function linksWithin(p: Pipeline): Link[] {
  const stages = [p.receivers, ...p.processors.map((one) => [one]), p.exporters].filter((stage) => stage.length > 0);
  const links: Link[] = [];
  for (let i = 1; i < stages.length; i++) {
    for (const from of stages[i - 1] ?? []) {
      for (const to of stages[i] ?? []) {
        links.push({ from: from.key, to: to.key, between: false });
      }
    }
  }
  return links;
}

function linksBetween(pipelines: Pipeline[]): Link[] {
  const links: Link[] = [];
  for (const source of pipelines) {
    for (const out of source.exporters.filter((c) => c.kind === "connector")) {
      for (const target of pipelines) {
        const into = target.receivers.find((c) => c.kind === "connector" && c.id === out.id);
        if (into) {
          links.push({ from: out.key, to: into.key, between: true });
        }
      }
    }
  }
  return links;
}

/** inFlowOrder keeps the written order, but puts a pipeline after all those that feed it. */
function inFlowOrder(pipelines: Pipeline[]): Pipeline[] {
  const feeds = (from: Pipeline, to: Pipeline) =>
    from.exporters.some((out) => out.kind === "connector" && to.receivers.some((c) => c.id === out.id));
  const done = new Set<Pipeline>();
  const visiting = new Set<Pipeline>();
  const visit = (p: Pipeline) => {
    if (done.has(p) || visiting.has(p)) {
      return; // In a circle, whoever was written first comes first.
    }
    visiting.add(p);
    pipelines.filter((other) => other !== p && feeds(other, p)).forEach(visit);
    done.add(p);
  };
  pipelines.forEach(visit);
  return [...done];
}
