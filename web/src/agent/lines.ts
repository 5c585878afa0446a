import type { LineRange, ReadYaml } from "../pipeline/document";
import type { Comparison } from "./compare";

export type LineMark = "missing" | "different" | "added" | "redacted";

/** offeredMarks says which lines of what was offered are missing from, or different in, what the agent runs. */
export function offeredMarks(offered: ReadYaml, comparison: Comparison): Map<number, LineMark> {
  const marks = new Map<number, LineMark>();
  for (const d of comparison.differences) {
    if (d.kind !== "unreported") {
      mark(marks, offered.linesOf(d.path), d.kind);
    }
  }
  return marks;
}

/** reportedMarks says which lines of what the agent runs are different, added by the collector, or hide a credential. */
export function reportedMarks(reported: ReadYaml, comparison: Comparison): Map<number, LineMark> {
  const marks = new Map<number, LineMark>();
  for (const path of comparison.added) {
    mark(marks, reported.linesOf(path), "added");
  }
  for (const path of comparison.redacted) {
    mark(marks, reported.linesOf(path), "redacted");
  }
  for (const d of comparison.differences) {
    if (d.kind === "different") {
      mark(marks, reported.linesOf(d.path), "different");
    }
  }
  return marks;
}

function mark(marks: Map<number, LineMark>, range: LineRange, kind: LineMark): void {
  for (let line = range.first; line <= range.last; line++) {
    marks.set(line, kind);
  }
}
