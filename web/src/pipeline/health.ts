import type { Component } from "./model";

/** One node of an agent's health tree, as the API shows it. */
export interface HealthNode {
  healthy: boolean;
  status?: string;
  last_error?: string;
  started_at?: string;
  status_at?: string;
  components?: Record<string, HealthNode>;
}

/** What is known of a component: `changing` is starting or stopping. */
export type ComponentState = "healthy" | "unhealthy" | "changing" | "unknown";

/** stateOf reads a node as the collector means it: its own status says more than `healthy`, which is false while it starts. */
export function stateOf(node: HealthNode | undefined): ComponentState {
  if (!node) {
    return "unknown";
  }
  if (node.healthy) {
    return "healthy";
  }
  switch (node.status) {
    case "StatusStarting":
    case "StatusStopping":
      return "changing";
    case "StatusNone":
      return "unknown";
    default:
      return "unhealthy";
  }
}

/** pipelineHealth finds a pipeline in the tree: the collector's extension names it `pipeline:traces/edge`. */
export function pipelineHealth(root: HealthNode | undefined, pipeline: string): HealthNode | undefined {
  return child(root, `pipeline:${pipeline}`);
}

/**
 * componentHealth finds a component: `receiver:otlp` under its pipeline, `extension:opamp` under `extensions`.
 * The pipeline is undefined for an extension.
 */
export function componentHealth(
  root: HealthNode | undefined,
  pipeline: string | undefined,
  component: Pick<Component, "id" | "kind">,
): HealthNode | undefined {
  const parent = pipeline === undefined ? child(root, "extensions") : pipelineHealth(root, pipeline);
  return child(parent, `${component.kind}:${component.id}`);
}

function child(node: HealthNode | undefined, name: string): HealthNode | undefined {
  const children = node?.components;
  return children && Object.hasOwn(children, name) ? children[name] : undefined;
}
