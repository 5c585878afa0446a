import { ActionIcon, Button, Group, Input, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";

import classes from "./configs.module.css";

interface Props {
  labels: Readonly<Record<string, string>>;
  error?: string | undefined;
  onChange: (labels: Record<string, string>) => void;
}

type Line = [key: string, value: string];

/** The labels of a configuration. One without a key is not a label yet. */
export function LabelsField({ labels, error, onChange }: Props): ReactNode {
  const [lines, setLines] = useState<Line[]>(() => Object.entries(labels));
  // What comes from elsewhere (a discarded draft, another's change) replaces the lines.
  if (!agree(lines, labels)) setLines(Object.entries(labels));

  const set = (next: Line[]): void => {
    setLines(next);
    onChange(Object.fromEntries(next.filter(([key]) => key !== "")));
  };
  const edit = (i: number, line: Line): void => set(lines.map((old, j) => (j === i ? line : old)));

  return (
    <Input.Wrapper label="Labels" labelElement="div" size="xs" error={error} role="group" aria-label="Labels" className={classes.wholeRow}>
      <div className={classes.labels}>
        {lines.map(([key, value], i) => (
          <Group key={i} gap={4} wrap="nowrap">
            <TextInput aria-label={`Key of label ${i + 1}`} value={key} onChange={(e) => edit(i, [e.currentTarget.value.trim(), value])} />
            <span aria-hidden>=</span>
            <TextInput aria-label={`Value of label ${i + 1}`} value={value} onChange={(e) => edit(i, [key, e.currentTarget.value])} />
            <ActionIcon aria-label={`Remove label ${key || i + 1}`} onClick={() => set(lines.filter((_, j) => j !== i))}>
              <IconTrash size={14} />
            </ActionIcon>
          </Group>
        ))}
        <Button variant="subtle" size="compact-xs" leftSection={<IconPlus size={12} />} onClick={() => set([...lines, ["", ""]])}>
          Add a label
        </Button>
      </div>
    </Input.Wrapper>
  );
}

function agree(lines: Line[], labels: Readonly<Record<string, string>>): boolean {
  const own = Object.fromEntries(lines.filter(([key]) => key !== ""));
  return JSON.stringify(Object.entries(own).sort()) === JSON.stringify(Object.entries(labels).sort());
}
