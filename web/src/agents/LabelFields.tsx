import { ActionIcon, Button, Group, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { LabelField } from "./labels";

interface Props {
  fields: LabelField[];
  onChange: (fields: LabelField[]) => void;
  /** Why they cannot be saved as they are. */
  problem: string | undefined;
}

/** LabelFields edits labels, a key and a value in each line. */
export function LabelFields({ fields, onChange, problem }: Props) {
  const change = (at: number, part: Partial<LabelField>) =>
    onChange(fields.map((field, i) => (i === at ? { ...field, ...part } : field)));
  return (
    <Stack gap={6}>
      {fields.map((field, i) => (
        // A line is known by its place: keys are being typed.
        <Group key={i} gap={6} wrap="nowrap">
          <TextInput
            aria-label={`Key of label ${i + 1}`}
            placeholder="key"
            ff="monospace"
            style={{ flex: 1 }}
            value={field.key}
            onChange={(event) => change(i, { key: event.currentTarget.value })}
          />
          <TextInput
            aria-label={`Value of label ${i + 1}`}
            placeholder="value"
            ff="monospace"
            style={{ flex: 1 }}
            value={field.value}
            onChange={(event) => change(i, { value: event.currentTarget.value })}
          />
          <ActionIcon
            aria-label={`Take label ${field.key || i + 1} away`}
            onClick={() => onChange(fields.filter((_, at) => at !== i))}
          >
            <IconX size={14} />
          </ActionIcon>
        </Group>
      ))}
      <Group gap="xs">
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<IconPlus size={13} />}
          onClick={() => onChange([...fields, { key: "", value: "" }])}
        >
          Add a label
        </Button>
        {problem !== undefined && <span role="alert">{problem}</span>}
      </Group>
    </Stack>
  );
}
