import { describe, expect, it } from "vitest";
import { nothingSelected, selectAll, toggle, toggleTo } from "./selection";

const rows = ["a", "b", undefined, "d", "e"];
const ids = (s: { ids: ReadonlySet<string> }) => [...s.ids].sort().join("");

describe("a selection", () => {
  it("takes and drops one", () => {
    const one = toggle(nothingSelected, "a");
    expect(ids(one)).toBe("a");
    expect(ids(toggle(one, "a"))).toBe("");
    expect(ids(nothingSelected)).toBe("");
  });

  it("takes a range in either direction, without what is not loaded", () => {
    expect(ids(toggleTo(toggle(nothingSelected, "b"), "e", rows))).toBe("bde");
    expect(ids(toggleTo(toggle(nothingSelected, "e"), "a", rows))).toBe("abde");
  });

  it("drops a range that ends on a selected row", () => {
    const all = toggle(selectAll(["a", "b", "d", "e"]), "a");
    expect(ids(toggleTo(all, "d", rows))).toBe("e");
  });

  it("is a plain press where there is no anchor any more", () => {
    expect(ids(toggleTo(nothingSelected, "d", rows))).toBe("d");
    expect(ids(toggleTo(toggle(nothingSelected, "gone"), "d", rows))).toBe("dgone");
  });
});
