import { parsePatch, structuredPatch, type StructuredPatchHunk } from "diff";

/** One line of a diff; a number is null on the side that does not have the line. */
export interface Row {
  readonly kind: "same" | "added" | "removed" | "gap" | "note";
  readonly from: number | null;
  readonly to: number | null;
  readonly text: string;
}

/** How two texts differ, with three lines around each change; empty where they do not. */
export function diffRows(from: string, to: string): Row[] {
  return rowsOf(structuredPatch("", "", from, to, "", "", { context: 3 }).hunks);
}

/** The lines of a unified diff, as the API answers it. */
export function unifiedRows(unified: string): Row[] {
  return parsePatch(unified).flatMap((patch) => rowsOf(patch.hunks));
}

export interface Counts {
  readonly added: number;
  readonly removed: number;
}

export function countRows(rows: readonly Row[]): Counts {
  return {
    added: rows.filter((row) => row.kind === "added").length,
    removed: rows.filter((row) => row.kind === "removed").length,
  };
}

function rowsOf(hunks: readonly StructuredPatchHunk[]): Row[] {
  const rows: Row[] = [];
  for (const hunk of hunks) {
    let from = hunk.oldStart;
    let to = hunk.newStart;
    const skipped = from - 1 - lastFrom(rows);
    if (skipped > 0) rows.push({ kind: "gap", from: null, to: null, text: `${skipped} unchanged ${skipped === 1 ? "line" : "lines"}` });
    for (const line of hunk.lines) {
      const text = line.slice(1).replace(/\r$/, "");
      if (line.startsWith("+")) rows.push({ kind: "added", from: null, to: to++, text });
      else if (line.startsWith("-")) rows.push({ kind: "removed", from: from++, to: null, text });
      else if (line.startsWith("\\")) rows.push({ kind: "note", from: null, to: null, text: "no line break at the end" });
      else rows.push({ kind: "same", from: from++, to: to++, text });
    }
  }
  return rows;
}

/** The last line of the older text that the rows have shown. */
function lastFrom(rows: readonly Row[]): number {
  for (let i = rows.length - 1; i >= 0; i--) {
    const from = rows[i]?.from;
    if (from !== null && from !== undefined) return from;
  }
  return 0;
}
