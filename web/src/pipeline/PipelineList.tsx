import { Anchor, Text } from "@mantine/core";
import type { HealthNode } from "./health";
import type { Component, PipelineModel } from "./model";
import classes from "./pipeline.module.css";
import { PipelineState, StateIcon, stateWords } from "./states";
import { stateOfPipeline, type Told } from "./told";

interface Props {
  model: PipelineModel;
  told: Map<string, Told>;
  health: HealthNode | undefined;
  onSelect: (key: string) => void;
}

/** PipelineList says in words what the graph draws. */
export function PipelineList({ model, told, health, onSelect }: Props) {
  const item = (component: Component) => {
    const state = told.get(component.key)?.state;
    return (
      <li key={component.key}>
        {state && <StateIcon state={state} size={14} />}{" "}
        <Anchor component="button" type="button" size="sm" ff="monospace" onClick={() => onSelect(component.key)}>
          {component.id}
        </Anchor>
        {component.kind === "connector" && " (connector)"}
        {!component.defined && " (not defined)"}
        {state && state !== "healthy" && `: ${stateWords[state]}`}
      </li>
    );
  };
  const stage = (name: string, components: Component[]) => (
    <div key={name}>
      <Text size="xs" c="dimmed" component="h4" fw={400}>
        {name}
      </Text>
      {components.length > 0 ? <ol className={classes.list}>{components.map(item)}</ol> : <Text size="sm">none</Text>}
    </div>
  );
  return (
    <div>
      {model.pipelines.map((p) => {
        const state = stateOfPipeline(health, p.id);
        return (
          <section key={p.id} aria-label={`Pipeline ${p.id}`} className={classes.listRow}>
            <Text component="h3" size="sm" fw={600} ff="monospace">
              {p.id} {state && <PipelineState state={state} />}
            </Text>
            <div className={classes.stages}>
              {stage("Receivers", p.receivers)}
              {stage("Processors", p.processors)}
              {stage("Exporters", p.exporters)}
            </div>
          </section>
        );
      })}
      {model.extensions.length > 0 && (
        <section aria-label="Extensions" className={classes.listRow}>
          {stage("Extensions", model.extensions)}
        </section>
      )}
    </div>
  );
}
