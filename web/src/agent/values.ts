import { isYamlMap, type YamlMap } from "../pipeline/document";

/** What stands in place of a credential, written by the server or by the collector itself. */
export const redactedMark = "[REDACTED]";

/** isRedacted reports whether a reported value hides a credential, wholly or in part. */
export function isRedacted(value: unknown): boolean {
  if (Array.isArray(value)) {
    return value.length === 1 && value[0] === "REDACTED"; // without quotes, YAML reads the mark as a list of one
  }
  return typeof value === "string" && value.includes(redactedMark);
}

/**
 * saysNothing reports whether a value that was offered asks for no more than the default: null, {}, [], 0, false, "".
 * A map says something by the keys that it has, unless each is set to such a scalar.
 */
export function saysNothing(value: unknown): boolean {
  if (Array.isArray(value)) {
    return value.length === 0;
  }
  if (isYamlMap(value)) {
    return Object.values(value).every((v) => v !== null && !isYamlMap(v) && saysNothing(v));
  }
  return value === undefined || value === null || value === false || value === "" || duration(value) === 0;
}

/**
 * sameScalar reports whether the agent runs the value that it was offered. A collector writes values in its own
 * way (500ms for 0.5s, Detailed for detailed), fills in ${...}, and hides credentials.
 */
export function sameScalar(offered: unknown, reported: unknown): boolean {
  const want = textOf(offered);
  const have = textOf(reported);
  if (want === have || (isRedacted(reported) && fits(have.split(redactedMark), want))) {
    return true;
  }
  if (isWord(want) && want === have.toLowerCase()) {
    return true;
  }
  const unescaped = want.replaceAll("$$", "\u0000");
  if (unescaped.includes("${")) {
    return fits(unescaped.split(reference).map(restore), have);
  }
  if (restore(unescaped) === have) {
    return true;
  }
  return sameNumber(want, have) || sameDuration(offered, reported);
}

/** ${env:NAME}, ${file:/path}, and a default within: ${env:A:-${env:B}}. */
const reference = /\$\{(?:[^{}]|\{[^{}]*\})*\}/;

function restore(text: string): string {
  return text.replaceAll("\u0000", "$");
}

/** fits reports whether text is the literals in their order, with anything between them. */
function fits(literals: string[], text: string): boolean {
  const first = literals[0] ?? "";
  const last = literals.at(-1) ?? "";
  if (!text.startsWith(first)) {
    return false;
  }
  let at = first.length;
  for (const literal of literals.slice(1, -1)) {
    const found = text.indexOf(literal, at);
    if (found < 0) {
      return false;
    }
    at = found + literal.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function isWord(text: string): boolean {
  return /^[a-z][a-z_]*$/.test(text);
}

function sameNumber(want: string, have: string): boolean {
  const number = /^[+-]?[\d_]*\.?[\d_]+(e[+-]?\d+)?$/i;
  return (
    number.test(want) && number.test(have) && Number(want.replaceAll("_", "")) === Number(have.replaceAll("_", ""))
  );
}

function sameDuration(offered: unknown, reported: unknown): boolean {
  const want = duration(offered);
  return want !== undefined && want === duration(reported);
}

const nanoseconds: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** duration reads a Go duration such as 1m30s, in nanoseconds; 0 needs no unit. */
export function duration(value: unknown): number | undefined {
  if (value === 0 || value === "0") {
    return 0;
  }
  if (typeof value !== "string" || !/^-?(\d*\.?\d+(ns|us|µs|μs|ms|s|m|h))+$/.test(value)) {
    return undefined;
  }
  let total = 0;
  for (const [, number, unit] of value.matchAll(/(\d*\.?\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(number) * (nanoseconds[unit ?? ""] ?? 0);
  }
  return Math.round(value.startsWith("-") ? -total : total);
}

/** textOf is a value as text: a scalar as it is written, anything else as JSON. */
export function textOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return value === null || value === undefined ? "" : JSON.stringify(value);
  }
}

/** namedValues reads a list of {name, value}, which is how a collector reports a map of headers. */
export function namedValues(value: unknown): YamlMap | undefined {
  if (!Array.isArray(value)) {
    return undefined;
  }
  const map = Object.create(null) as YamlMap;
  for (const item of value as unknown[]) {
    if (!isYamlMap(item) || typeof item.name !== "string" || !Object.hasOwn(item, "value")) {
      return undefined;
    }
    map[item.name] = item.value;
  }
  return map;
}
