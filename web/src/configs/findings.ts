/** One thing that the server's check has to say; line and column count from 1, and are 0 where there is no such place. */
export interface Finding {
  readonly severity: string;
  readonly code: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A finding at its place in the text, in the units of the editor (UTF-16). */
export interface Mark {
  readonly from: number;
  readonly to: number;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly code: string;
}

/** The fields of a configuration besides its body that a finding may be about. */
const fields = ["name", "description", "selector", "labels", "priority"] as const;
export type Field = (typeof fields)[number];

/** The field that a finding is about; null where it is about the body. */
export function fieldOf(finding: Finding): Field | null {
  if (finding.line > 0) return null;
  const first = finding.path.split(/[.:[]/, 1)[0];
  return fields.find((field) => field === first) ?? null;
}

/** The findings that have a line, at their places. Text that has got shorter since loses none: they move to its end. */
export function marksOf(findings: readonly Finding[], text: string): Mark[] {
  const lines = text.split("\n");
  const starts: number[] = [0];
  for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length + 1);
  return findings
    .filter((finding) => finding.line > 0)
    .map((finding) => {
      const index = Math.min(finding.line, lines.length) - 1;
      const line = (lines[index] ?? "").replace(/\r$/, "");
      const [from, to] = span(line, finding.line > lines.length ? 0 : finding.column);
      const start = starts[index] ?? 0;
      return {
        from: start + from,
        to: start + to,
        severity: finding.severity === "error" ? "error" : "warning",
        message: finding.message,
        code: finding.code,
      } as const;
    })
    .sort((a, b) => a.from - b.from || a.to - b.to);
}

/** The word that begins at a column, which counts characters, not UTF-16 units; without one the whole line. */
function span(line: string, column: number): [number, number] {
  const begin = line.length - line.trimStart().length;
  const whole: [number, number] = [begin, line.trimEnd().length];
  if (column < 1) return whole[0] < whole[1] ? whole : [0, line.length];
  const from = Array.from(line)
    .slice(0, column - 1)
    .join("").length;
  if (from >= line.length) return whole[0] < whole[1] ? whole : [0, line.length];
  const length = /^(?:"[^"]*"|'[^']*'|[^\s,\]}:]+)/.exec(line.slice(from))?.[0].length ?? 1;
  return [from, from + length];
}

/** "2 errors, 1 warning", or "no findings". */
export function countFindings(findings: readonly Finding[]): string {
  const errors = findings.filter((f) => f.severity === "error").length;
  const warnings = findings.length - errors;
  const parts = [];
  if (errors > 0) parts.push(`${errors} ${errors === 1 ? "error" : "errors"}`);
  if (warnings > 0) parts.push(`${warnings} ${warnings === 1 ? "warning" : "warnings"}`);
  return parts.join(", ") || "no findings";
}
