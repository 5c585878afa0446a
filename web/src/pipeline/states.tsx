import { IconAlertTriangleFilled, IconCircleCheckFilled, IconHelpCircle, IconLoader2 } from "@tabler/icons-react";
import type { ComponentState } from "./health";
import type { Kind } from "./model";
import classes from "./pipeline.module.css";

export const stateWords: Record<ComponentState, string> = {
  healthy: "healthy",
  unhealthy: "unhealthy",
  changing: "starting or stopping",
  unknown: "no health reported",
};

const icons = {
  healthy: IconCircleCheckFilled,
  unhealthy: IconAlertTriangleFilled,
  changing: IconLoader2,
  unknown: IconHelpCircle,
};

export function StateIcon({ state, size = 15 }: { state: ComponentState; size?: number }) {
  const Icon = icons[state];
  return <Icon size={size} aria-hidden className={classes.state} data-state={state} />;
}

/** A pipeline's state beside its name: icon and word in the state's colour, as everywhere. */
export function PipelineState({ state }: { state: ComponentState }) {
  return (
    <span className={classes.rowState} data-state={state}>
      <StateIcon state={state} size={14} />
      {stateWords[state].charAt(0).toUpperCase() + stateWords[state].slice(1)}
    </span>
  );
}

export const kindWords: Record<Kind, string> = {
  receiver: "Receiver",
  processor: "Processor",
  exporter: "Exporter",
  connector: "Connector",
  extension: "Extension",
};
