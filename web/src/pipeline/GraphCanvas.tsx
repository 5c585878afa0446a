import "@xyflow/react/dist/base.css";
import { Controls, ReactFlow, type Edge, type Node, type ReactFlowInstance } from "@xyflow/react";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useMemo, useState } from "react";
import { ComponentNode, RowNode, type ComponentNodeData, type RowNodeData } from "./GraphNodes";
import type { HealthNode } from "./health";
import { layOut, nodeHeight, nodeWidth } from "./layout";
import type { PipelineModel } from "./model";
import classes from "./pipeline.module.css";
import { stateOfPipeline, type Told } from "./told";

type GraphNode = Node<ComponentNodeData, "component"> | Node<RowNodeData, "row">;

const nodeTypes = { component: ComponentNode, row: RowNode };
const margin = 16;
const smallestZoom = 0.62; // below it, ids cannot be read

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
      position: { x: row.x - 10, y: row.y },
      width: row.width + 20,
      height: row.height + 10,
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
  const edges = useMemo(
    () =>
      model.links.map((link): Edge => ({
        id: `${link.from}>${link.to}`,
        source: link.from,
        target: link.to,
        type: link.between ? "smoothstep" : "default",
        className: link.between ? (classes.between ?? "") : (classes.edge ?? ""),
        focusable: false,
      })),
    [model],
  );

  const { ref, width } = useElementSize();
  const [flow, setFlow] = useState<ReactFlowInstance<GraphNode>>();
  const zoom = Math.min(1, Math.max(smallestZoom, width / (layout.width + 2 * margin + 20)));
  const height = Math.min(560, Math.max(120, (layout.height + 2 * margin + 10) * zoom));
  useEffect(() => {
    if (width > 0) {
      void flow?.setViewport({ x: (margin + 10) * zoom, y: margin * zoom, zoom });
    }
  }, [flow, width, zoom]);

  return (
    <div ref={ref} className={classes.canvas} style={{ height }} role="group" aria-label="Pipeline graph">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
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
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}
