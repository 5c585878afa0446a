import { describe, expect, it } from "vitest";
import { countRows, diffRows, unifiedRows, type Row } from "./diff";

const shown = (rows: readonly Row[]) => rows.map((r) => `${r.from ?? "-"} ${r.to ?? "-"} ${r.kind} ${r.text}`);
const numbers = (n: number) => Array.from({ length: n }, (_, i) => `line ${i + 1}\n`).join("");

describe("a diff", () => {
  it("of equal texts has no rows", () => {
    expect(diffRows("a\nb\n", "a\nb\n")).toEqual([]);
    expect(unifiedRows("")).toEqual([]);
  });

  it("has the numbers of both sides, and says what it leaves out", () => {
    const from = numbers(12);
    const to = from.replace("line 6\n", "line six\nline six and a half\n");
    const rows = diffRows(from, to);
    expect(shown(rows)).toEqual([
      "- - gap 2 unchanged lines",
      "3 3 same line 3",
      "4 4 same line 4",
      "5 5 same line 5",
      "6 - removed line 6",
      "- 6 added line six",
      "- 7 added line six and a half",
      "7 8 same line 7",
      "8 9 same line 8",
      "9 10 same line 9",
    ]);
    expect(countRows(rows)).toEqual({ added: 2, removed: 1 });
  });

  it("says how many lines lie between two changes", () => {
    const from = numbers(30);
    const rows = diffRows(from, from.replace("line 5\n", "five\n").replace("line 20\n", "twenty\n"));
    expect(rows.filter((r) => r.kind === "gap").map((r) => r.text)).toEqual(["1 unchanged line", "8 unchanged lines"]);
  });

  it("of a text from nothing adds every line", () => {
    expect(shown(diffRows("", "a\nb\n"))).toEqual(["- 1 added a", "- 2 added b"]);
  });

  it("tells a missing line break at the end", () => {
    expect(shown(diffRows("a\n", "a"))).toEqual(["1 - removed a", "- 1 added a", "- - note no line break at the end"]);
  });

  it("reads the form that the API answers", () => {
    const unified = "diff edge@1 edge@2\n--- edge@1\n+++ edge@2\n@@ -1,3 +1,3 @@\n a: 1\n-b: 2\n+b: 3\n c: 4\n";
    expect(shown(unifiedRows(unified))).toEqual(["1 1 same a: 1", "2 - removed b: 2", "- 2 added b: 3", "3 3 same c: 4"]);
  });
});
