import { beforeEach, describe, expect, it, vi } from "vitest";

import { DAYS, Memory, MOST, ROOM, Shelf, watchShelf, type Kept } from "./shelf";

const kept = (change: Partial<Kept> = {}): Kept => ({ fields: { selector: "env=a" }, edits: [], version: 4, tag: '"4"', at: 5, open: false, ...change });

describe("the shelf of drafts", () => {
  let store: Memory;
  let shelf: Shelf;
  beforeEach(() => {
    store = new Memory();
    shelf = new Shelf(store, "night/shift");
  });
  const keep = (id: string, change: Partial<Kept> = {}) => {
    const key = shelf.place(id);
    expect(shelf.keep(key, kept(change))).toBe(true);
    return key;
  };

  it("has the drafts of each configuration, the latest first, and of new ones", () => {
    keep("one", { at: 1 });
    const later = keep("one", { at: 2, edits: [{ at: 0, drop: 0, put: "x" }] });
    keep("", { version: 0 });
    expect(shelf.of("one").map((d) => d.kept.at)).toEqual([2, 1]);
    expect(shelf.of("one")[0]).toEqual({ key: later, kept: kept({ at: 2, edits: [{ at: 0, drop: 0, put: "x" }] }) });
    expect([...shelf.ids()].sort()).toEqual(["", "one"]);
    shelf.drop(later);
    expect(shelf.of("one")).toHaveLength(1);
  });

  it("drops those of a configuration that is deleted, but none that an editor has open", () => {
    keep("one");
    keep("one");
    const open = keep("one", { open: true });
    keep("two");
    shelf.forget("one");
    expect(shelf.of("one").map(({ key }) => key)).toEqual([open]);
    expect(shelf.of("two")).toHaveLength(1);
  });

  it("shows nobody another's, and forgets one's own at sign-out and nothing else", () => {
    const other = new Shelf(store, "day shift");
    store.setItem("theme", "dark");
    keep("one");
    expect(other.of("one")).toEqual([]);
    other.keep(other.place("one"), kept());
    shelf.clear();
    expect(shelf.ids().size).toBe(0);
    expect(other.of("one")).toHaveLength(1);
    expect(store.getItem("theme")).toBe("dark");
  });

  it("lets the oldest go where there are too many, and never one that is open", () => {
    const open = keep("open", { at: 0, open: true });
    for (let i = 1; i < MOST; i++) keep(`c${i}`, { at: i });
    keep("more", { at: 99 });
    expect(store.getItem(open)).not.toBeNull();
    expect(shelf.of("c1")).toEqual([]);
    expect(shelf.of("c2")).toHaveLength(1);
    expect(store.length).toBe(MOST);
  });

  it("lets the oldest go where they take too much room, and refuses what is larger than all of it", () => {
    const big = (part: number) => [{ at: 0, drop: 0, put: "x".repeat(ROOM * part) }];
    keep("old", { at: 1, edits: big(0.6) });
    keep("new", { at: 2, edits: big(0.6) });
    expect([...shelf.ids()]).toEqual(["new"]);
    expect(shelf.keep(shelf.place("huge"), kept({ edits: big(1) }))).toBe(false);
    expect([...shelf.ids()]).toEqual(["new"]);
  });

  it("says where the browser has no room", () => {
    vi.spyOn(store, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    expect(shelf.keep(shelf.place("one"), kept())).toBe(false);
  });

  it("forgets what is too old, and what cannot be read, whoever typed it", () => {
    const now = 1e12;
    keep("young", { at: now - (DAYS - 1) * 86_400_000 });
    keep("old", { at: now - (DAYS + 1) * 86_400_000 });
    const other = new Shelf(store, "day shift");
    other.keep(other.place("old"), kept({ at: now - (DAYS + 1) * 86_400_000 }));
    for (const raw of ["", "{", "null", "1", "{}", '{"version":1,"tag":"","at":1,"open":false,"fields":{"name":1},"edits":[]}']) {
      store.setItem(shelf.place("broken"), raw);
    }
    expect(shelf.of("broken")).toEqual([]);
    shelf.sweep(now);
    expect(store.length).toBe(1);
    expect(shelf.of("young")).toHaveLength(1);
  });

  it("tells whoever watches it", () => {
    const heard = vi.fn();
    const off = watchShelf(heard);
    const key = keep("one");
    shelf.drop(key);
    expect(heard).toHaveBeenCalledTimes(2);
    off();
    keep("one");
    expect(heard).toHaveBeenCalledTimes(2);
  });
});
