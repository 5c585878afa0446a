import { get, isYamlMap, type Path, type YamlMap } from "../pipeline/document";
import { isRedacted, namedValues, sameScalar, saysNothing } from "./values";

export interface Difference {
  path: Path;
  /** `unreported`: this component never reports the setting, so that nothing can be told. It does not count. */
  kind: "missing" | "different" | "unreported";
  offered: unknown;
  reported?: unknown;
}

export interface Comparison {
  /** What was offered and does not run as offered, in the order in which it was offered. */
  differences: Difference[];
  /** What the agent runs beside it: defaults and what the supervisor adds. Paths in what was reported; none within another. */
  added: Path[];
  /** Where a credential is hidden in what was reported. */
  redacted: Path[];
}

/**
 * compareConfigs looks for all that was offered in what the agent reports that it runs. What the collector added,
 * wrote in another way or hid is no difference.
 */
export function compareConfigs(offered: unknown, reported: unknown): Comparison {
  const result: Comparison = { differences: [], added: [], redacted: [] };
  compareValue([], offered ?? {}, reported ?? {}, result);
  return result;
}

/** count is how many differences there are that mean something. */
export function countDifferences(comparison: Comparison): number {
  return comparison.differences.filter((d) => d.kind !== "unreported").length;
}

function compareValue(path: Path, offered: unknown, reported: unknown, result: Comparison): void {
  if (isRedacted(reported)) {
    result.redacted.push(path);
    if (!isScalar(offered) || !isScalar(reported) || sameScalar(offered, reported)) {
      return;
    }
  }
  if (isYamlMap(offered)) {
    const map = isYamlMap(reported) ? reported : namedValues(reported);
    if (map) {
      compareMaps(path, offered, map, isYamlMap(reported) ? undefined : (reported as unknown[]), result);
      return;
    }
  } else if (Array.isArray(offered) && Array.isArray(reported)) {
    compareLists(path, offered, reported, result);
    return;
  } else if (isScalar(offered) && isScalar(reported) && sameScalar(offered, reported)) {
    return;
  }
  if (saysNothing(offered) && (offered === null || !isScalar(offered))) {
    noteRedacted(path, reported, result);
    return; // Nothing was asked for: whatever is there is a default.
  }
  if (isReference(offered)) {
    return; // ${...} may stand for a list or a map.
  }
  result.differences.push({ path, kind: "different", offered, reported });
}

/** compareMaps compares by key; list is set where what was reported is a list of {name, value}. */
function compareMaps(
  path: Path,
  offered: YamlMap,
  reported: YamlMap,
  list: unknown[] | undefined,
  result: Comparison,
): void {
  for (const [key, value] of Object.entries(offered)) {
    const name = Object.hasOwn(reported, key) ? key : nearlySame(key, reported, list !== undefined);
    if (name !== undefined) {
      compareValue(list ? [...path, indexOfName(list, name), "value"] : [...path, name], value, reported[name], result);
    } else if (isUnreported([...path, key], value)) {
      result.differences.push({ path: [...path, key], kind: "unreported", offered: value });
    } else if (!saysNothing(value) || definesComponent([...path, key])) {
      result.differences.push({ path: [...path, key], kind: "missing", offered: value });
    }
  }
  if (list) {
    return;
  }
  for (const [key, value] of Object.entries(reported)) {
    if (get(offered, key) === undefined && !Object.hasOwn(offered, key)) {
      result.added.push([...path, key]);
      noteRedacted([...path, key], value, result);
    }
  }
}

function indexOfName(list: unknown[], name: string): number {
  return list.findIndex((item) => isYamlMap(item) && item.name === name);
}

/** nearlySame finds a header that is written in another case. */
function nearlySame(key: string, reported: YamlMap, headers: boolean): string | undefined {
  return headers ? Object.keys(reported).find((name) => name.toLowerCase() === key.toLowerCase()) : undefined;
}

function compareLists(path: Path, offered: unknown[], reported: unknown[], result: Comparison): void {
  if (path.join("::") === "service::extensions") {
    compareSets(path, offered, reported, result);
    return;
  }
  if (offered.length === reported.length) {
    offered.forEach((item, i) => {
      compareValue([...path, i], item, reported[i], result);
    });
    return;
  }
  result.differences.push({ path, kind: "different", offered, reported });
}

/** compareSets is for the one list that a supervisor adds to: the extensions. */
function compareSets(path: Path, offered: unknown[], reported: unknown[], result: Comparison): void {
  offered.forEach((item, i) => {
    if (!reported.includes(item)) {
      result.differences.push({ path: [...path, i], kind: "missing", offered: item });
    }
  });
  reported.forEach((item, i) => {
    if (!offered.includes(item)) {
      result.added.push([...path, i]);
    }
  });
}

const sections = ["receivers", "processors", "exporters", "connectors", "extensions"];

/** definesComponent reports whether a path is that of a component or a pipeline, which says something by its name alone. */
function definesComponent(path: Path): boolean {
  const [first, second] = path;
  return (
    (path.length === 2 && sections.includes(String(first))) ||
    (path.length === 3 && first === "service" && second === "pipelines")
  );
}

/** What a collector runs and leaves out of its report, as its components write themselves. */
function isUnreported(path: Path, offered: unknown): boolean {
  const [section, id, setting] = path.map(String);
  const type = id?.split("/")[0];
  if (path.length !== 3) {
    return false;
  }
  return (
    (section === "receivers" && type === "hostmetrics" && setting === "scrapers") ||
    (section === "exporters" &&
      type === "debug" &&
      setting === "verbosity" &&
      String(offered).toLowerCase() === "basic")
  );
}

function isReference(value: unknown): boolean {
  return typeof value === "string" && /^\$\{.*\}$/.test(value.trim());
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function noteRedacted(path: Path, reported: unknown, result: Comparison): void {
  if (isRedacted(reported)) {
    result.redacted.push(path);
  } else if (Array.isArray(reported)) {
    reported.forEach((item, i) => {
      noteRedacted([...path, i], item, result);
    });
  } else if (isYamlMap(reported)) {
    Object.entries(reported).forEach(([key, value]) => {
      noteRedacted([...path, key], value, result);
    });
  }
}
