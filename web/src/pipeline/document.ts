import { isMap, isSeq, LineCounter, parseDocument, type Document, type ScalarTag } from "yaml";

/** A plain YAML map. Look things up with `get`: a document may hold keys such as `__proto__`. */
export type YamlMap = Record<string, unknown>;

/** What is longer is neither drawn nor compared: no collector's configuration comes near it. */
const maxLength = 2_000_000;

/** How often aliases may be followed: a few anchors are ordinary, a thousand copies of one are an attack. */
const maxAliasCount = 100;

export interface ReadYaml {
  /** The document as plain values; undefined where it cannot be read or is empty. */
  value: unknown;
  /** Why it cannot be read, for a person. */
  problem?: string;
  /** Where a path stands in the text: first and last line, from 1. The nearest that exists, where the path does not. */
  linesOf: (path: Path) => LineRange;
}

export type Path = readonly (string | number)[];

export interface LineRange {
  first: number;
  last: number;
}

/**
 * Whole numbers as the collector reads them (go.yaml.in/yaml/v3): also 0644 is octal, as it was in YAML 1.1, 0b11 is
 * binary, and a number may have underscores. What is no octal number, such as 0888, is decimal.
 */
const wholeNumber: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^[-+]?(0[xX][\da-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|\d[\d_]*)$/,
  resolve: (text) => {
    const [, sign, digits = ""] = /^([-+]?)(.*)$/.exec(text.replaceAll("_", "")) ?? [];
    const size = Number(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits);
    return sign === "-" ? -size : size;
  },
};

/** readYaml reads one YAML document with anchors and merge keys, as the collector does, and never throws. */
export function readYaml(text: string): ReadYaml {
  const nowhere = () => ({ first: 1, last: 1 });
  if (text.length > maxLength) {
    return { value: undefined, problem: "It is too large to be shown here.", linesOf: nowhere };
  }
  const lines = new LineCounter();
  try {
    const doc = parseDocument(text, {
      lineCounter: lines,
      merge: true,
      uniqueKeys: false,
      logLevel: "silent",
      customTags: (tags) => [wholeNumber, ...tags],
    });
    const error = doc.errors[0];
    if (error) {
      return { value: undefined, problem: firstLine(error.message), linesOf: nowhere };
    }
    const value: unknown = doc.toJS({ maxAliasCount });
    return { value: value ?? undefined, linesOf: (path) => rangeOf(doc, lines, path) };
  } catch (error) {
    const reason = error instanceof Error ? firstLine(error.message) : "it is not YAML";
    return { value: undefined, problem: reason, linesOf: nowhere };
  }
}

function firstLine(text: string): string {
  return text.split("\n")[0]?.replace(/:$/, "") ?? text;
}

function rangeOf(doc: Document, lines: LineCounter, path: Path): LineRange {
  let node: unknown = doc.contents;
  let start = 0;
  let end = 0;
  for (const key of path) {
    const found = childOf(node, key);
    if (!found) {
      break;
    }
    ({ node, start, end } = found);
  }
  return { first: lines.linePos(start).line, last: lines.linePos(Math.max(start, end)).line };
}

interface Place {
  node: unknown;
  start: number;
  end: number;
}

/** childOf finds a child as it is written: what an alias or a merge key brings in stands elsewhere and is not found. */
function childOf(node: unknown, key: string | number): Place | undefined {
  if (isMap(node)) {
    const pair = node.items.findLast((item) => String(rawValue(item.key)) === String(key));
    if (!pair) {
      return undefined;
    }
    const [start, keyEnd] = rangeOfNode(pair.key) ?? [0, 0];
    const [, end] = rangeOfNode(pair.value) ?? [0, keyEnd];
    return { node: pair.value, start, end: Math.max(keyEnd, end) };
  }
  if (isSeq(node) && typeof key === "number") {
    const item = node.items[key];
    const range = rangeOfNode(item);
    return range && { node: item, start: range[0], end: range[1] };
  }
  return undefined;
}

function rawValue(node: unknown): unknown {
  return typeof node === "object" && node !== null && "value" in node ? node.value : node;
}

function rangeOfNode(node: unknown): [number, number] | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) {
    return undefined;
  }
  const [start, end] = node.range as number[];
  return start === undefined || end === undefined ? undefined : [start, Math.max(start, end - 1)];
}

/** asMap returns value if it is a map, else an empty one. */
export function asMap(value: unknown): YamlMap {
  return isYamlMap(value) ? value : {};
}

export function isYamlMap(value: unknown): value is YamlMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** get looks a key up that the map itself has. */
export function get(map: YamlMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
