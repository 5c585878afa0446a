import "@xyflow/react/dist/base.css";
import { ReactFlow, type Edge, type Node, type ReactFlowInstance } from "@xyflow/react";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useMemo, useState } from "react";
import { BetweenEdge, type BetweenEdgeType } from "./BetweenEdge";
import { ComponentNode, RowNode, type ComponentNodeData, type RowNodeData } from "./GraphNodes";
import type { HealthNode } from "./health";
import { layOut, nodeHeight, nodeWidth, rowPadding } from "./layout";
import type { PipelineModel } from "./model";
import classes from "./pipeline.module.css";
import { stateOfPipeline, type Told } from "./told";

type GraphNode = Node<ComponentNodeData, "component"> | Node<RowNodeData, "row">;

const nodeTypes = { component: ComponentNode, row: RowNode };
const edgeTypes = { between: BetweenEdge };
const margin = 36;
const smallestZoom = 0.7; // below it, ids cannot be read

interface Props {
  model: PipelineModel;
  told: Map<string, Told>;
  health: HealthNode | undefined;
  selected: string | undefined;
  onSelect: (key: string) => void;
}

/** GraphCanvas draws the pipelines, as large as they fit, to be scrolled where they do not. */
export function GraphCanvas({ model, told, health, selected, onSelect }: Props) {
  const layout = useMemo(() => layOut(model), [model]);
  const nodes = useMemo<GraphNode[]>(() => {
    const rows = layout.rows.map((row): GraphNode => ({
      id: `row|${row.pipeline.id}`,
      type: "row",
      position: { x: row.x - rowPadding, y: row.y },
      width: row.width + 2 * rowPadding,
      height: row.height + rowPadding,
      zIndex: -1,
      data: { pipeline: row.pipeline, state: stateOfPipeline(health, row.pipeline.id) },
    }));
    const components = layout.nodes.flatMap((node): GraphNode[] => {
      const of = told.get(node.component.key);
      return of
        ? [
            {
              id: node.component.key,
              type: "component",
              position: { x: node.x, y: node.y },
              width: nodeWidth,
              height: nodeHeight,
              data: { told: of, selected: selected === node.component.key, onSelect },
            },
          ]
        : [];
    });
    return [...rows, ...components];
  }, [layout, told, health, selected, onSelect]);
  const edges = useMemo<(Edge | BetweenEdgeType)[]>(() => {
    const tops = new Map(layout.rows.map((row) => [row.pipeline.id, row.y]));
    const pipelines = new Map(layout.nodes.map((node) => [node.component.key, node.pipeline]));
    let lane = 0;
    return model.links.map((link) => {
      const ends = { id: `${link.from}>${link.to}`, source: link.from, target: link.to, focusable: false };
      if (!link.between) return { ...ends, className: classes.edge ?? "" };
      const rowTop = tops.get(pipelines.get(link.to) ?? "") ?? 0;
      return { ...ends, type: "between" as const, data: { rowTop, lane: lane++ } };
    });
  }, [model, layout]);

  // It scrolls as the page does, with a finger too: nothing in it is dragged, and nothing lies over it.
  const { ref, width: seen } = useElementSize();
  const whole = layout.width + 2 * margin;
  const zoom = Math.min(1, Math.max(smallestZoom, seen / whole));
  const width = Math.max(seen, whole * zoom);
  const height = (layout.height + rowPadding + margin) * zoom;
  const [flow, setFlow] = useState<ReactFlowInstance<GraphNode, Edge | BetweenEdgeType>>();
  useEffect(() => {
    if (seen > 0) void flow?.setViewport({ x: margin * zoom, y: (margin / 2) * zoom, zoom });
  }, [flow, seen, zoom]);

  return (
    <div ref={ref} className={classes.canvas} role="group" aria-label="Pipeline graph">
      <div style={{ width, height }}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onInit={setFlow}
          minZoom={smallestZoom}
          maxZoom={1}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          panOnDrag={false}
          zoomOnScroll={false}
          zoomOnPinch={false}
          zoomOnDoubleClick={false}
          preventScrolling={false}
          disableKeyboardA11y
          proOptions={{ hideAttribution: true }}
        />
      </div>
    </div>
  );
}
