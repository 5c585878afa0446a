// Text that was typed and not saved, kept in the tab: a reload, a session that ended or a lost race
// does not lose it. It goes with the tab, since a configuration may hold what is not for the next person.

/** What an operator writes of a configuration. */
export interface Draft {
  readonly name: string;
  readonly description: string;
  readonly selector: string;
  readonly priority: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly config: string;
}

export interface Kept {
  readonly draft: Draft;
  /** The version that it began with; 0 for a new configuration. */
  readonly version: number;
  /** When it was kept, in milliseconds. */
  readonly at: number;
}

type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const prefix = "ollystack.draft.";

/** Keeps a draft of the configuration with this id ("" for a new one). False where the browser has no room for it. */
export function keepDraft(shelf: Shelf, id: string, kept: Kept): boolean {
  try {
    shelf.setItem(prefix + id, JSON.stringify(kept));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(shelf: Shelf, id: string): void {
  shelf.removeItem(prefix + id);
}

/** The draft that was kept, or null; what cannot be read is none. */
export function keptDraft(shelf: Shelf, id: string): Kept | null {
  const raw = shelf.getItem(prefix + id);
  if (raw === null) return null;
  try {
    const value: unknown = JSON.parse(raw);
    return isKept(value) ? value : null;
  } catch {
    return null;
  }
}

/** Forgets every draft: for signing out. */
export function dropAllDrafts(shelf: Shelf): void {
  const keys = Array.from({ length: shelf.length }, (_, i) => shelf.key(i));
  for (const key of keys) if (key?.startsWith(prefix)) shelf.removeItem(key);
}

/** Whether two drafts would be stored alike. */
export function sameDraft(a: Draft, b: Draft): boolean {
  return canonical(a) === canonical(b);
}

function canonical(d: Draft): string {
  const labels = Object.entries(d.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([d.name, d.description, d.selector.trim(), d.priority, labels, d.config]);
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== "object" || value === null) return false;
  const { draft, version, at } = value as Partial<Kept>;
  return typeof version === "number" && typeof at === "number" && isDraft(draft);
}

function isDraft(value: Partial<Draft> | undefined): value is Draft {
  if (typeof value !== "object") return false;
  const texts = [value.name, value.description, value.selector, value.config];
  return texts.every((t) => typeof t === "string") && typeof value.priority === "number" && isLabels(value.labels);
}

function isLabels(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.values(value).every((v) => typeof v === "string");
}
