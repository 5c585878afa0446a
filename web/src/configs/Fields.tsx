import { NumberInput, TextInput } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./configs.module.css";
import type { Draft } from "./draft";
import { fieldOf, type Field, type Finding } from "./findings";
import { LabelsField } from "./LabelsField";
import { SelectorField } from "./SelectorField";

interface Props {
  draft: Draft;
  /** What the server has said of these fields. */
  findings: readonly Finding[];
  onChange: (part: Partial<Draft>) => void;
}

/** Everything of a configuration but its text. */
export function Fields({ draft, findings, onChange }: Props): ReactNode {
  const said = (field: Field): string | undefined => findings.find((finding) => fieldOf(finding) === field)?.message;
  return (
    <div className={classes.fields}>
      <TextInput
        label="Name"
        required
        value={draft.name}
        error={said("name")}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
      />
      <TextInput
        label="Description"
        value={draft.description}
        error={said("description")}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
      />
      <SelectorField value={draft.selector} error={said("selector")} onChange={(selector) => onChange({ selector })} />
      <NumberInput
        label="Priority"
        description="Of several selectors that take an agent, the highest priority wins."
        inputWrapperOrder={["label", "input", "error", "description"]}
        value={draft.priority}
        error={said("priority")}
        onChange={(value) => onChange({ priority: typeof value === "number" ? value : Number.parseInt(value, 10) || 0 })}
        allowDecimal={false}
        min={-2147483648}
        max={2147483647}
      />
      <LabelsField labels={draft.labels} error={said("labels")} onChange={(labels) => onChange({ labels })} />
    </div>
  );
}
