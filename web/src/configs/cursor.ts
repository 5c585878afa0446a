import { isBlank, isPipelineField, isSection, keyOf, type PipelineField, type Section } from "./outline";

/** What is being written where the cursor is. */
export type Place =
  | { readonly kind: "top" }
  | { readonly kind: "define"; readonly section: Section }
  | { readonly kind: "service" }
  | { readonly kind: "pipeline" }
  | { readonly kind: "field"; readonly siblings: readonly string[] }
  | { readonly kind: "reference"; readonly field: PipelineField; readonly listed: readonly string[] }
  | { readonly kind: "extension"; readonly listed: readonly string[] };

export interface Cursor {
  readonly place: Place;
  /** Where the word begins that is being written. */
  readonly from: number;
}

const word = /[^\s[\]{},:#"'&*]*$/;

/** Where the cursor is, or null where no id belongs. */
export function cursorAt(text: string, pos: number): Cursor | null {
  const before = text.slice(0, pos);
  const start = before.lastIndexOf("\n") + 1;
  const line = before.slice(start);
  if (/(^|\s)#/.test(line)) return null;
  const from = pos - (word.exec(line)?.[0].length ?? 0);
  const lines = before.slice(0, start).split("\n").slice(0, -1);

  const open = openBracket(before.slice(0, from));
  if (open !== null) return flowItem(text, before, open, from);
  const item = /^(\s*)-\s+\S*$/.exec(line);
  if (item) return blockItem(lines, (item[1] ?? "").length, from);
  const key = /^(\s*)\S*$/.exec(line);
  if (!key || /^\s*-$/.test(line)) return null;
  const indent = (key[1] ?? "").length;
  return keyPlace(parents(lines, indent), text, pos, indent, from);
}

/** The `[` that is open at the end of the text; null where there is none, or a `{` is inside it. */
function openBracket(before: string): number | null {
  const near = Math.max(0, before.length - 4000);
  let depth = 0;
  for (let i = before.length - 1; i >= near; i--) {
    const c = before[i];
    if (c === "]" || c === "}") depth++;
    else if (c === "[" || c === "{") {
      if (depth === 0) return c === "[" ? i : null;
      depth--;
    } else if (c === ":" && depth === 0 && /\s/.test(before[i + 1] ?? "\n")) {
      return null; // a key inside: this is no list of ids
    }
  }
  return null;
}

function flowItem(text: string, before: string, open: number, from: number): Cursor | null {
  const start = before.lastIndexOf("\n", open) + 1;
  const entry = keyOf(before.slice(start, open) + "x");
  if (!entry) return null;
  const end = text.indexOf("]", open);
  const inside = text.slice(open + 1, end < 0 ? before.length : end);
  const typed = before.slice(from);
  const listed = inside
    .split(/[,\n]/)
    .map(unquote)
    .filter((id) => id !== "" && id !== typed);
  const lines = before.slice(0, start).split("\n").slice(0, -1);
  return listPlace([...parents(lines, entry.indent), entry.key], listed, from);
}

function blockItem(lines: readonly string[], indent: number, from: number): Cursor | null {
  const listed: string[] = [];
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i] ?? "";
    if (isBlank(line)) continue;
    const item = /^(\s*)-\s+(.*)$/.exec(line);
    if (item && (item[1] ?? "").length === indent) {
      listed.unshift(unquote(item[2] ?? ""));
      continue;
    }
    const entry = keyOf(line);
    if (!entry || entry.indent > indent || entry.value !== "") return null;
    return listPlace([...parents(lines.slice(0, i), entry.indent), entry.key], listed, from);
  }
  return null;
}

function unquote(item: string): string {
  return item
    .replace(/(^|\s)#.*$/, "")
    .trim()
    .replace(/^(["'])(.*)\1$/, "$2");
}

/** The keys that a line with this indentation is inside of, outermost first. */
function parents(lines: readonly string[], indent: number): string[] {
  const path: string[] = [];
  let inside = indent;
  for (let i = lines.length - 1; i >= 0 && inside > 0; i--) {
    const line = lines[i] ?? "";
    if (isBlank(line)) continue;
    const depth = /^\s*/.exec(line)?.[0].length ?? 0;
    if (depth >= inside) continue;
    path.unshift(keyOf(line)?.key ?? "-");
    inside = depth;
  }
  return path;
}

function listPlace(path: readonly string[], listed: readonly string[], from: number): Cursor | null {
  const [top, second, , field] = path;
  if (top !== "service") return null;
  if (path.length === 2 && second === "extensions") return { place: { kind: "extension", listed }, from };
  if (path.length === 4 && second === "pipelines" && isPipelineField(field)) {
    return { place: { kind: "reference", field, listed }, from };
  }
  return null;
}

function keyPlace(path: readonly string[], text: string, pos: number, indent: number, from: number): Cursor | null {
  const [top, second] = path;
  if (path.length === 0) return indent === 0 ? { place: { kind: "top" }, from } : null;
  if (path.length === 1 && isSection(top)) return { place: { kind: "define", section: top }, from };
  if (top !== "service") return null;
  if (path.length === 1) return { place: { kind: "service" }, from };
  if (second !== "pipelines") return null;
  if (path.length === 2) return { place: { kind: "pipeline" }, from };
  if (path.length === 3) return { place: { kind: "field", siblings: siblings(text, pos, indent) }, from };
  return null;
}

/** The other keys of the block map that the cursor is in. */
function siblings(text: string, pos: number, indent: number): string[] {
  const lines = text.split("\n");
  const own = text.slice(0, pos).split("\n").length - 1;
  const found: string[] = [];
  const walk = (i: number, step: number) => {
    for (; i >= 0 && i < lines.length; i += step) {
      const line = lines[i] ?? "";
      if (isBlank(line)) continue;
      const depth = /^\s*/.exec(line)?.[0].length ?? 0;
      if (depth < indent) return;
      const entry = depth === indent ? keyOf(line) : null;
      if (entry) found.push(entry.key);
    }
  };
  walk(own - 1, -1);
  walk(own + 1, 1);
  return found;
}
