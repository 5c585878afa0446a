import type { Typed } from "./typed";

// Text that was typed and not saved, kept in the browser: it outlives a reload, a closed tab, a session that ended
// and a lost race. Each open editor has a place of its own here, so that two tabs never write over each other.

export interface Kept extends Typed {
  /** The version that it began with; 0 for a new configuration. */
  readonly version: number;
  /** The tag of what it began with. */
  readonly tag: string;
  /** When it was kept, in milliseconds. */
  readonly at: number;
  /** It is in an editor that is open, unless the browser ended without a word. */
  readonly open: boolean;
}

/** A draft with its place. */
export interface Placed {
  readonly key: string;
  readonly kept: Kept;
}

export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** So many are kept, the latest; one that nobody comes back to goes after so long; and so much room they take, in characters. */
export const MOST = 20;
export const DAYS = 30;
export const ROOM = 2 << 20;

const prefix = "ollystack.draft.";

/** The drafts of one person, as far as the server tells people apart: by the name of the token. */
export class Shelf {
  private readonly mine: string;

  constructor(
    private readonly store: Store,
    owner: string,
  ) {
    this.mine = `${prefix}${encodeURIComponent(owner)}/`;
  }

  /** The key of a new place for a draft of the configuration with this id ("" for a new one). */
  place(id: string): string {
    return `${this.mine}${id}/${Math.random().toString(36).slice(2)}`;
  }

  /** Keeps a draft. False where there is no room for it; then what lay there before is still there. */
  keep(key: string, kept: Kept): boolean {
    const text = JSON.stringify(kept);
    if (!this.makeRoom(key, text.length)) return false;
    try {
      this.store.setItem(key, text);
    } catch {
      return false;
    }
    tell();
    return true;
  }

  drop(key: string): void {
    this.store.removeItem(key);
    tell();
  }

  /** All drafts of a configuration, the latest first. What cannot be read is none. */
  of(id: string): Placed[] {
    return this.read(this.keys().filter((key) => idOf(key) === id)).sort((a, b) => b.kept.at - a.kept.at);
  }

  /** Drops the drafts of a configuration that is deleted: they say what differs from a text that there is no more. Open editors keep theirs. */
  forget(id: string): void {
    for (const { key, kept } of this.of(id)) if (!kept.open) this.drop(key);
  }

  /** The configurations that there are drafts of. */
  ids(): Set<string> {
    return new Set(this.keys().map(idOf));
  }

  /** Forgets every draft: for signing out. */
  clear(): void {
    for (const key of this.keys()) this.drop(key);
  }

  /** Forgets what is too old, whoever typed it, and what cannot be read. */
  sweep(now = Date.now()): void {
    for (const key of this.everyKey()) {
      const kept = parse(this.store.getItem(key));
      if (!kept || now - kept.at > DAYS * 86_400_000) this.drop(key);
    }
  }

  /** Lets the oldest go that no editor has open, until there is room. */
  private makeRoom(key: string, size: number): boolean {
    const others = this.everyKey().filter((other) => other !== key);
    let count = others.length + 1;
    let room = size + others.reduce((sum, other) => sum + (this.store.getItem(other)?.length ?? 0), 0);
    if (size > ROOM || (count <= MOST && room <= ROOM)) return size <= ROOM;
    const idle = this.read(others)
      .filter(({ kept }) => !kept.open)
      .sort((a, b) => b.kept.at - a.kept.at);
    while (count > MOST || room > ROOM) {
      const oldest = idle.pop();
      if (!oldest) return false;
      count--;
      room -= this.store.getItem(oldest.key)?.length ?? 0;
      this.drop(oldest.key);
    }
    return true;
  }

  private read(keys: string[]): Placed[] {
    return keys.flatMap((key) => {
      const kept = parse(this.store.getItem(key));
      return kept ? [{ key, kept }] : [];
    });
  }

  private keys(): string[] {
    return this.everyKey().filter((key) => key.startsWith(this.mine));
  }

  private everyKey(): string[] {
    const all = Array.from({ length: this.store.length }, (_, i) => this.store.key(i));
    return all.filter((key): key is string => key?.startsWith(prefix) === true);
  }
}

/** The id is the last part but one of a key. */
function idOf(key: string): string {
  return key.split("/").at(-2) ?? "";
}

function parse(raw: string | null): Kept | null {
  try {
    const value: unknown = JSON.parse(raw ?? "null");
    return isKept(value) ? value : null;
  } catch {
    return null;
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== "object" || value === null) return false;
  const { version, tag, at, open, fields, edits } = value as Partial<Record<keyof Kept, unknown>>;
  const head = typeof version === "number" && typeof tag === "string" && typeof at === "number" && typeof open === "boolean";
  return head && isFields(fields) && Array.isArray(edits) && edits.every(isEdit);
}

function isFields(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { name = "", description = "", selector = "", priority = 0, labels = {} } = value as Record<string, unknown>;
  const texts: unknown[] = [name, description, selector];
  if (typeof labels !== "object" || labels === null) return false;
  texts.push(...Object.values(labels as Record<string, unknown>));
  return texts.every((text) => typeof text === "string") && typeof priority === "number";
}

function isEdit(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { at, drop, put } = value as Record<string, unknown>;
  return typeof at === "number" && typeof drop === "number" && typeof put === "string";
}

const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of [...listeners]) listener();
}

/** Calls the listener when something is kept or dropped, in this tab or in another. */
export function watchShelf(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

/** The browser's own store; where it gives none, one that lasts as long as the page. */
export function browserStore(): Store {
  try {
    return window.localStorage;
  } catch {
    return memory;
  }
}

/** A store in memory. */
export class Memory implements Store {
  private readonly items = new Map<string, string>();
  get length(): number {
    return this.items.size;
  }
  key(i: number): string | null {
    return [...this.items.keys()][i] ?? null;
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

const memory = new Memory();
