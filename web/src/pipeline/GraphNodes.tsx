import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { IconArrowsSplit2 } from "@tabler/icons-react";
import type { ComponentState } from "./health";
import type { Pipeline } from "./model";
import classes from "./pipeline.module.css";
import { kindWords, PipelineState, StateIcon, stateWords } from "./states";
import type { Told } from "./told";

export interface ComponentNodeData extends Record<string, unknown> {
  told: Told;
  selected: boolean;
  onSelect: (key: string) => void;
}

export interface RowNodeData extends Record<string, unknown> {
  pipeline: Pipeline;
  state: ComponentState | undefined;
}

export function ComponentNode({ data }: NodeProps<Node<ComponentNodeData>>) {
  const { component, pipeline, state } = data.told;
  const words = [
    `${kindWords[component.kind]} ${component.id}`,
    pipeline && `in pipeline ${pipeline}`,
    state && stateWords[state],
  ];
  if (!component.defined) {
    words.push("not defined");
  }
  return (
    <>
      <Handle type="target" position={Position.Left} className={classes.handle ?? ""} />
      <button
        type="button"
        className={`nodrag nopan ${classes.node ?? ""}`}
        data-state={state ?? "none"}
        data-undefined={!component.defined || undefined}
        aria-pressed={data.selected}
        aria-label={words.filter(Boolean).join(", ")}
        title={component.id}
        onClick={() => data.onSelect(component.key)}
      >
        {state && <StateIcon state={state} />}
        <span className={classes.id}>{component.id}</span>
        {component.kind === "connector" && <IconArrowsSplit2 size={14} aria-hidden className={classes.connector} />}
      </button>
      <Handle type="source" position={Position.Right} className={classes.handle ?? ""} />
    </>
  );
}

export function RowNode({ data }: NodeProps<Node<RowNodeData>>) {
  const { pipeline, state } = data;
  return (
    <div className={classes.row} data-signal={pipeline.signal}>
      <span className={classes.rowName}>{pipeline.id}</span>
      {state && <PipelineState state={state} />}
    </div>
  );
}
