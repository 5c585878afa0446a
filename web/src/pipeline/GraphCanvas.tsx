import "@xyflow/react/dist/base.css";
import { Controls, ReactFlow, type Edge, type Node, type ReactFlowInstance } from "@xyflow/react";
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
const tallest = 560;
const smallestZoom = 0.7; // below it, ids cannot be read

interface Props {
  model: PipelineModel;
  told: Map<string, Told>;
  health: HealthNode | undefined;
  selected: string | undefined;
  onSelect: (key: string) => void;
}

/** GraphCanvas draws the pipelines, as large as they fit, to be moved with the mouse where they do not. */
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

  const { ref, width } = useElementSize();
  const [flow, setFlow] = useState<ReactFlowInstance<GraphNode, Edge | BetweenEdgeType>>();
  const zoom = Math.min(1, Math.max(smallestZoom, width / (layout.width + 2 * margin)));
  const wanted = (layout.height + rowPadding + margin) * zoom;
  const height = Math.min(tallest, Math.max(96, wanted));
  const fits = wanted <= tallest && width >= (layout.width + 2 * margin) * smallestZoom;
  useEffect(() => {
    if (width > 0) {
      void flow?.setViewport({ x: margin * zoom, y: (margin / 2) * zoom, zoom });
    }
  }, [flow, width, zoom]);

  return (
    <div ref={ref} className={classes.canvas} style={{ height }} role="group" aria-label="Pipeline graph">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onInit={setFlow}
        minZoom={0.2}
        maxZoom={1.5}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        disableKeyboardA11y
        proOptions={{ hideAttribution: true }}
      >
        {!fits && <Controls showInteractive={false} position="bottom-right" className={classes.controls ?? ""} />}
      </ReactFlow>
    </div>
  );
}
