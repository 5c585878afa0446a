import type { Draft } from "./draft";
import { draftOf, newDraft } from "./draftOf";
import type { Tagged } from "./queries";
import type { Placed } from "./shelf";
import { retyped, typedOver, type Typed } from "./typed";

/** A draft that was kept, put together again. */
export interface Begun {
  placed: Placed;
  /** What it began with, which need not be what the server has now; null for a new configuration. */
  base: Tagged | null;
  draft: Draft;
}

/** What an editor begins with where nothing was kept. */
export function original(tagged: Tagged | null): Draft {
  return tagged ? draftOf(tagged.config) : newDraft;
}

/** The version whose text is needed to put a draft together again; undefined where that is at hand. */
export function versionNeeded(latest: Tagged | null, { kept }: Placed): number | undefined {
  return latest && kept.version !== latest.config.version ? kept.version : undefined;
}

/** Puts a draft together again. `text` is that of the version that it began with, where it is not the latest. */
export function begin(latest: Tagged | null, placed: Placed, text = latest?.config.config ?? ""): Begun {
  const { kept } = placed;
  if (!latest) return { placed, base: null, draft: retyped(newDraft, "", kept) };
  const base = { config: { ...latest.config, config: text, version: kept.version }, etag: kept.tag };
  return { placed, base, draft: retyped(draftOf(base.config), text, kept) };
}

/** What is kept of a draft. A new one is kept whole: what it began with may be another tomorrow. */
export function typedOf(base: Tagged | null, draft: Draft): Typed {
  return typedOver(base ? draftOf(base.config) : { ...newDraft, config: "" }, draft);
}
