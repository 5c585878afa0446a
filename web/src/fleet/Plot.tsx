import "uplot/dist/uPlot.min.css";

import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, type ReactNode } from "react";
import UPlot from "uplot";

import { count } from "../ui/numbers";
import { clock } from "../ui/time";
import type { Columns, Line } from "./history";

interface Props {
  data: Columns;
  lines: Line[];
  height: number;
  /** The first and the last second that is shown, also where there is nothing. */
  range: [number, number];
  /** Told which point the pointer is at; null where at none. */
  onPoint: (index: number | null) => void;
}

const syncKey = "fleet-history";

/** A plot of counts over time, with a zero line. Plots on a page share their cursor. */
export function Plot({ data, lines, height, range, onPoint }: Props): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const scheme = useComputedColorScheme();
  const told = useRef(onPoint);
  const window_ = useRef(range);
  const latest = useRef(data);
  useEffect(() => {
    told.current = onPoint;
    window_.current = range;
    latest.current = data;
    plot.current?.setData(data);
  }, [data, range, onPoint]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const font = `11px ${style.fontFamily}`;
    const axis = { stroke: color("--mantine-color-dimmed"), font, ticks: { show: false }, grid: { stroke: color("--line"), width: 1 } };
    const made = new UPlot(
      {
        width: element.clientWidth,
        height,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: syncKey }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
        scales: {
          x: { time: true, range: () => window_.current },
          y: { range: (_, __, max) => [0, Math.max(4, Math.ceil(max * 1.1))] },
        },
        axes: [
          { ...axis, size: 24, space: 70, values: (_, ticks) => ticks.map((t) => clock(t * 1000)) },
          { ...axis, size: 52, space: 28, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5], values: (_, ticks) => ticks.map(count) },
        ],
        series: [
          {},
          ...lines.map((line) => ({ label: line.word, stroke: color(line.color), width: 1.5, dash: line.dash ?? [], points: { show: false } })),
        ],
        hooks: { setCursor: [(u) => told.current(u.cursor.idx ?? null)] },
      },
      latest.current,
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [lines, height, scheme]);

  // What it shows is in the table behind it.
  return <div ref={box} aria-hidden style={{ height, minWidth: 0, overflow: "hidden" }} />;
}
