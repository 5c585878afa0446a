import { diffLines } from "diff";

import { sorted, type Draft } from "./draft";

// What somebody has typed, without what stood there already: a configuration may hold what is not to lie about in a browser.

/** From this place on, so many characters of the text give way to others. */
export interface Edit {
  readonly at: number;
  readonly drop: number;
  readonly put: string;
}

export interface Typed {
  /** The fields that differ, as they are now. */
  readonly fields: Partial<Omit<Draft, "config">>;
  /** What differs in the text, in order. */
  readonly edits: readonly Edit[];
}

/** What makes `to` of `from`. */
export function typedOver(from: Draft, to: Draft): Typed {
  const fields: { -readonly [F in keyof Typed["fields"]]: Typed["fields"][F] } = {};
  if (to.name !== from.name) fields.name = to.name;
  if (to.description !== from.description) fields.description = to.description;
  if (to.selector !== from.selector) fields.selector = to.selector;
  if (to.priority !== from.priority) fields.priority = to.priority;
  if (JSON.stringify(sorted(to.labels)) !== JSON.stringify(sorted(from.labels))) fields.labels = to.labels;
  return { fields, edits: editsBetween(from.config, to.config) };
}

/** The draft again. `now` has the fields of today, `text` is the one that the edits began with. */
export function retyped(now: Draft, text: string, typed: Typed): Draft {
  return { ...now, ...typed.fields, config: applyEdits(text, typed.edits) };
}

/** How long two texts may be compared by lines before the one place is taken in which all that differs lies. */
const PATIENCE_MS = 100;

export function editsBetween(from: string, to: string): Edit[] {
  if (from === to) return [];
  const changes = diffLines(from, to, { timeout: PATIENCE_MS });
  if (changes === undefined) return [editAround(from, to)];
  const edits: Edit[] = [];
  let at = 0;
  let edit: { at: number; drop: number; put: string } | undefined;
  for (const { value, added, removed } of changes) {
    if (!added && !removed) {
      edit = undefined;
      at += value.length;
      continue;
    }
    if (!edit) edits.push((edit = { at, drop: 0, put: "" }));
    if (added) edit.put += value;
    else {
      edit.drop += value.length;
      at += value.length;
    }
  }
  return edits;
}

/** The one edit from the first character that differs to the last. */
export function editAround(from: string, to: string): Edit {
  const most = Math.min(from.length, to.length);
  let at = 0;
  while (at < most && from[at] === to[at]) at++;
  let end = 0;
  while (end < most - at && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
  return { at, drop: from.length - at - end, put: to.slice(at, to.length - end) };
}

export function applyEdits(text: string, edits: readonly Edit[]): string {
  let out = "";
  let done = 0;
  for (const { at, drop, put } of edits) {
    out += text.slice(done, at) + put;
    done = at + drop;
  }
  return out + text.slice(done);
}
