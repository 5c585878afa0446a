import type { Component, Pipeline, PipelineModel } from "./model";

export const nodeWidth = 176;
export const nodeHeight = 36;
const gapX = 44;
const gapY = 10;
const labelHeight = 26;
const rowGap = 26;

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
