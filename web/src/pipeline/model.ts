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

// More would not fit a screen, and a browser would stand still over it. What is left out is said.
const maxPipelines = 200;
const maxInStage = 50;
const maxComponents = 600;
const maxLinks = 2_000;
const maxProblems = 10;
/** A text that is longer takes seconds to read. */
const maxText = 500_000;

/** readPipelines makes the model of a collector's configuration. Odd parts are left out and named. */
export function readPipelines(text: string): PipelineModel {
  const { value, problem } = text.length > maxText ? tooLarge : readYaml(text);
  if (problem !== undefined) {
    return { pipelines: [], links: [], extensions: [], problems: [problem] };
  }
  return modelOf(value);
}

const tooLarge = { value: undefined, problem: "The configuration is too large to be drawn." };

/** modelOf is readPipelines for a configuration that has been parsed. */
export function modelOf(config: unknown): PipelineModel {
  const problems: string[] = [];
  if (config !== undefined && !isYamlMap(config)) {
    problems.push("The configuration is not a map.");
  }
  const root = asMap(config);
  const service = asMap(get(root, "service"));
  const written = Object.entries(asMap(get(service, "pipelines")));
  const pipelines: Pipeline[] = [];
  let components = 0;
  for (const [id, body] of written) {
    if (pipelines.length === maxPipelines || components >= maxComponents) {
      problems.push(`Only the first ${pipelines.length} of ${count(written.length)} pipelines are drawn.`);
      break;
    }
    const pipeline = readPipeline(root, id, body, problems);
    components += pipeline.receivers.length + pipeline.processors.length + pipeline.exporters.length;
    pipelines.push(pipeline);
  }
  const links = [...pipelines.flatMap(linksWithin), ...linksBetween(pipelines)];
  if (links.length > maxLinks) {
    problems.push(`Only the first ${count(maxLinks)} of ${count(links.length)} connections are drawn.`);
  }
  return {
    pipelines: inFlowOrder(pipelines),
    links: links.slice(0, maxLinks),
    extensions: readExtensions(root, service, problems),
    problems: firstOf(problems),
  };
}

/** firstOf keeps what is said readable: each once, and not without end. */
function firstOf(problems: string[]): string[] {
  const all = [...new Set(problems)];
  return all.length <= maxProblems ? all : [...all.slice(0, maxProblems), `And ${count(all.length - maxProblems)} more.`];
}

function count(n: number): string {
  return n.toLocaleString("en");
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

/** namesIn reads a list of component ids, each once, and the first of many. */
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
  if (names.size > maxInStage) {
    problems.push(`Only the first ${maxInStage} of ${count(names.size)} in ${where} are drawn.`);
  }
  return [...names].slice(0, maxInStage);
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

function readExtensions(root: YamlMap, service: YamlMap, problems: string[]): Component[] {
  const own = asMap(get(root, "extensions"));
  return namesIn(get(service, "extensions"), "service::extensions", problems).map((id) => ({
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
