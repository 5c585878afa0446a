import type { FleetHistory, HistoryPoint } from "../api/types";

export interface Line {
  key: string;
  word: string;
  /** The variable with its colour. */
  color: string;
  dash?: number[];
  value: (point: HistoryPoint) => number;
}

/** Whom the server sees. */
export const wellLines: Line[] = [
  { key: "total", word: "All agents", color: "--state-idle-mark", dash: [4, 4], value: (p) => p.total },
  { key: "healthy", word: "Healthy", color: "--state-good-mark", value: (p) => p.healthy },
];

/** What is not as it should be: on an axis of its own, or 3 of 10,000 would not be seen. */
export const troubleLines: Line[] = [
  { key: "unhealthy", word: "Unhealthy", color: "--state-bad-mark", value: (p) => p.unhealthy },
  { key: "failed", word: "Configuration failed", color: "--state-bad-mark", dash: [2, 3], value: (p) => p.config.failed },
  { key: "pending", word: "Pending or applying", color: "--state-busy-mark", value: (p) => p.config.pending + p.config.applying },
  { key: "disconnected", word: "Disconnected", color: "--state-idle-mark", value: (p) => p.disconnected },
];

export type Columns = [times: number[], ...values: (number | null)[][]];

/** The columns of a plot. A gap, while the server was down, stays a gap: a null in it breaks the line. */
export function columns(history: FleetHistory, lines: Line[]): Columns {
  const gap = history.interval_seconds * 1.5;
  const times: number[] = [];
  const values: (number | null)[][] = lines.map(() => []);
  let before = NaN;
  for (const point of history.points) {
    const at = Date.parse(point.at) / 1000;
    if (at - before > gap) {
      times.push(before + history.interval_seconds);
      for (const column of values) column.push(null);
    }
    times.push(at);
    lines.forEach((line, i) => values[i]?.push(line.value(point)));
    before = at;
  }
  return [times, ...values];
}
