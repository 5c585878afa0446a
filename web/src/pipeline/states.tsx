import { IconAlertTriangle, IconCircleCheck, IconHelpCircle, IconProgress } from "@tabler/icons-react";
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
  healthy: IconCircleCheck,
  unhealthy: IconAlertTriangle,
  changing: IconProgress,
  unknown: IconHelpCircle,
};

export function StateIcon({ state, size = 15 }: { state: ComponentState; size?: number }) {
  const Icon = icons[state];
  return <Icon size={size} stroke={2} aria-hidden className={classes.state} data-state={state} />;
}

export const kindWords: Record<Kind, string> = {
  receiver: "Receiver",
  processor: "Processor",
  exporter: "Exporter",
  connector: "Connector",
  extension: "Extension",
};
