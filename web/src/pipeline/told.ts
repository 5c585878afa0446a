import { componentHealth, pipelineHealth, stateOf, type ComponentState, type HealthNode } from "./health";
import type { Component, PipelineModel } from "./model";

/** What is shown of a component: what it is, where it stands and how it is. */
export interface Told {
  component: Component;
  /** Undefined for an extension. */
  pipeline: string | undefined;
  /** Undefined where nobody asked for health. */
  state: ComponentState | undefined;
  health: HealthNode | undefined;
}

/** tellAll makes the list of all components of a model by their keys. */
export function tellAll(model: PipelineModel, health: HealthNode | undefined): Map<string, Told> {
  const all = new Map<string, Told>();
  const add = (component: Component, pipeline: string | undefined) => {
    const node = componentHealth(health, pipeline, component);
    all.set(component.key, { component, pipeline, health: node, state: health && stateOf(node) });
  };
  for (const p of model.pipelines) {
    for (const component of [...p.receivers, ...p.processors, ...p.exporters]) {
      add(component, p.id);
    }
  }
  model.extensions.forEach((component) => {
    add(component, undefined);
  });
  return all;
}

/** stateOfPipeline is undefined where nobody asked for health. */
export function stateOfPipeline(health: HealthNode | undefined, pipeline: string): ComponentState | undefined {
  return health && stateOf(pipelineHealth(health, pipeline));
}
