import { beforeEach, describe, expect, it } from "vitest";
import { dropAllDrafts, dropDraft, keepDraft, keptDraft, sameDraft, type Draft } from "./draft";

const draft: Draft = { name: "edge", description: "", selector: "env=a", priority: 3, labels: { a: "b" }, config: "x:\n" };

/** The part of the browser's storage that drafts use. */
class Memory {
  readonly items = new Map<string, string>();
  get length() {
    return this.items.size;
  }
  key(i: number) {
    return [...this.items.keys()][i] ?? null;
  }
  getItem(key: string) {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    this.items.set(key, value);
  }
  removeItem(key: string) {
    this.items.delete(key);
  }
}

describe("a draft", () => {
  let shelf: Memory;
  beforeEach(() => {
    shelf = new Memory();
  });

  it("is kept for each configuration, and dropped", () => {
    expect(keptDraft(shelf, "one")).toBeNull();
    expect(keepDraft(shelf, "one", { draft, version: 4, at: 5 })).toBe(true);
    expect(keepDraft(shelf, "", { draft: { ...draft, name: "new" }, version: 0, at: 6 })).toBe(true);
    expect(keptDraft(shelf, "one")).toEqual({ draft, version: 4, at: 5 });
    expect(keptDraft(shelf, "")?.draft.name).toBe("new");
    dropDraft(shelf, "one");
    expect(keptDraft(shelf, "one")).toBeNull();
    expect(keptDraft(shelf, "")).not.toBeNull();
  });

  it("goes with all others at sign-out, and nothing else does", () => {
    shelf.setItem("theme", "dark");
    keepDraft(shelf, "one", { draft, version: 4, at: 5 });
    keepDraft(shelf, "two", { draft, version: 4, at: 5 });
    dropAllDrafts(shelf);
    expect([...shelf.items.keys()]).toEqual(["theme"]);
  });

  it("that cannot be read is none", () => {
    for (const raw of ["", "{", "null", "1", "{}", '{"draft":{},"version":1,"at":1}', '{"draft":{"name":1},"version":1,"at":1}']) {
      shelf.setItem("ollystack.draft.x", raw);
      expect(keptDraft(shelf, "x"), raw).toBeNull();
    }
  });

  it("that has no room is said to be lost", () => {
    const full = Object.assign(new Memory(), {
      setItem() {
        throw new DOMException("full", "QuotaExceededError");
      },
    });
    expect(keepDraft(full, "x", { draft, version: 1, at: 1 })).toBe(false);
  });
});

it("is the same whatever the order of labels, and differs in any field", () => {
  expect(sameDraft({ ...draft, labels: { a: "1", b: "2" } }, { ...draft, labels: { b: "2", a: "1" } })).toBe(true);
  expect(sameDraft(draft, { ...draft, selector: " env=a " })).toBe(true);
  const others: Partial<Draft>[] = [
    { name: "x" },
    { description: "x" },
    { selector: "x" },
    { priority: 4 },
    { labels: {} },
    { labels: { a: "c" } },
    { config: "x:" },
  ];
  for (const other of others) expect(sameDraft(draft, { ...draft, ...other }), JSON.stringify(other)).toBe(false);
});
