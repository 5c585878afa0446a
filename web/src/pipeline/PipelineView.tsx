import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useDeferredValue, useMemo, useState } from "react";
import { ComponentDetails } from "./ComponentDetails";
import { GraphCanvas } from "./GraphCanvas";
import { readPipelines } from "./model";
import { PipelineList } from "./PipelineList";
import type { PipelineGraphProps } from "./PipelineGraph";
import classes from "./pipeline.module.css";
import { tellAll } from "./told";

/** A text that is longer is read when the typing pauses. */
const long = 50_000;

/** PipelineView is what PipelineGraph shows once it is loaded. */
export default function PipelineView({ yaml, health }: PipelineGraphProps) {
  const [paused] = useDebouncedValue(yaml, 600);
  const text = useDeferredValue(yaml.length > long ? paused : yaml);
  const read = useMemo(() => readPipelines(text), [text]);
  const [drawn, setDrawn] = useState(read);
  const unreadable = read.pipelines.length === 0 && read.problems.length > 0;
  if (read !== drawn && !unreadable) {
    setDrawn(read);
  }
  const told = useMemo(() => tellAll(drawn, health), [drawn, health]);
  const [form, setForm] = useState("graph");
  const [selected, setSelected] = useState<string>();
  const shown = selected === undefined ? undefined : told.get(selected);
  const empty = drawn.pipelines.length === 0;

  return (
    <Stack gap={8}>
      <Group justify="space-between" gap={8} wrap="nowrap">
        {/* What cannot be read takes the place of the numbers, so that the graph stays where it is while one types. */}
        <Text component="span" size="xs" c="dimmed" role="status" className={classes.summary}>
          {unreadable && !empty ? `Not drawn anew: ${read.problems.join("; ")}` : empty ? "" : summary(drawn.pipelines.length, told.size)}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label="How the pipelines are shown"
          data={[
            { value: "graph", label: "Graph" },
            { value: "list", label: "List" },
          ]}
          value={form}
          onChange={setForm}
        />
      </Group>
      {!(unreadable && !empty) &&
        read.problems.map((problem) => (
          <Text key={problem} component="span" size="sm" role="status" className={classes.problem}>
            {problem}
          </Text>
        ))}
      {empty && !unreadable && <Text component="span" size="sm">The configuration has no pipelines.</Text>}
      {!empty && form === "graph" && (
        <GraphCanvas model={drawn} told={told} health={health} selected={selected} onSelect={setSelected} />
      )}
      {!empty && form === "list" && <PipelineList model={drawn} told={told} health={health} onSelect={setSelected} />}
      {shown && <ComponentDetails told={shown} onClose={() => setSelected(undefined)} />}
    </Stack>
  );
}

function summary(pipelines: number, components: number): string {
  return `${pipelines} ${pipelines === 1 ? "pipeline" : "pipelines"}, ${components} ${components === 1 ? "component" : "components"}`;
}
