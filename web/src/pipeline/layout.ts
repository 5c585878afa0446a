import type { Component, Pipeline, PipelineModel } from "./model";

export const nodeWidth = 160;
export const nodeHeight = 36;
const gapX = 30;
const gapY = 10;
const labelHeight = 26;
const rowGap = 26;
/** How far a row's ground reaches beyond its nodes, at the sides and below. */
export const rowPadding = 10;

export interface PlacedNode {
  component: Component;
  pipeline: string;
  x: number;
  y: number;
}

export interface PlacedRow {
  pipeline: Pipeline;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  nodes: PlacedNode[];
  rows: PlacedRow[];
  width: number;
  height: number;
}

/**
 * layOut places one row for each pipeline, from left to right: receivers one above the other, processors in order,
 * exporters one above the other. Exporters of all rows stand in the same column.
 */
export function layOut(model: PipelineModel): Layout {
  const lastColumn = 1 + Math.max(0, ...model.pipelines.map((p) => p.processors.length));
  const width = (lastColumn + 1) * nodeWidth + lastColumn * gapX;
  const nodes: PlacedNode[] = [];
  const rows: PlacedRow[] = [];
  let y = 0;
  for (const pipeline of model.pipelines) {
    const tallest = Math.max(1, pipeline.receivers.length, pipeline.exporters.length);
    const body = heightOf(tallest);
    const place = (list: Component[], column: number) => {
      const top = y + labelHeight + (body - heightOf(list.length)) / 2;
      list.forEach((component, i) => {
        nodes.push({
          component,
          pipeline: pipeline.id,
          x: column * (nodeWidth + gapX),
          y: top + i * (nodeHeight + gapY),
        });
      });
    };
    place(pipeline.receivers, 0);
    pipeline.processors.forEach((processor, i) => {
      place([processor], i + 1);
    });
    place(pipeline.exporters, lastColumn);
    rows.push({ pipeline, x: 0, y, width, height: labelHeight + body });
    y += labelHeight + body + rowGap;
  }
  return { nodes, rows, width, height: Math.max(0, y - rowGap) };
}

function heightOf(count: number): number {
  return count * nodeHeight + Math.max(0, count - 1) * gapY;
}

export interface Point {
  x: number;
  y: number;
}

/** How far beside the rows the first of the lines runs that lead from one pipeline to another, and how far apart they run. */
const laneOffset = 16;
const laneStep = 5;
const corner = 5;

/**
 * pathBetween leads from the connector that ends one pipeline to the one that begins another: around the rows, and
 * back to the left through the gap above the row that it leads to. Each lane has a line of its own.
 */
export function pathBetween(from: Point, to: Point, rowTop: number, lane: number): string {
  const aside = laneOffset + (lane % 4) * laneStep;
  const gap = rowTop - (rowGap - rowPadding) / 2 + ((lane % 4) - 1.5) * 3;
  const points: Point[] = [
    from,
    { x: from.x + aside, y: from.y },
    { x: from.x + aside, y: gap },
    { x: to.x - aside, y: gap },
    { x: to.x - aside, y: to.y },
    to,
  ];
  return rounded(points);
}

function rounded(points: Point[]): string {
  const [first, ...rest] = points;
  let path = first ? `M ${first.x} ${first.y}` : "";
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    const before = points[i];
    if (!next || !before) {
      path += ` L ${point.x} ${point.y}`;
      return;
    }
    const into = toward(point, before);
    const out = toward(point, next);
    path += ` L ${into.x} ${into.y} Q ${point.x} ${point.y} ${out.x} ${out.y}`;
  });
  return path;
}

/** toward is a little way from a point to another. */
function toward(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(corner, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
