import { Button, Group, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { LabelFields } from "../agents/LabelFields";
import { labelProblem, labelsOf, labelsPatch, type LabelField } from "../agents/labels";
import { api, segment } from "../api/client";
import { keys } from "../api/queries";
import type { Agent } from "../api/types";
import { useMayWrite } from "../session/useSession";
import { ErrorPanel } from "../ui/ErrorPanel";
import { useRefreshed } from "./useRefreshed";
import classes from "./agent.module.css";

/** LabelsEditor shows the operator's labels, and lets them be changed. */
export function LabelsEditor({ agent, fixed }: { agent: Agent; fixed: boolean }) {
  const [fields, setFields] = useState<LabelField[]>();
  const mayWrite = useMayWrite();
  const entries = Object.entries(agent.labels).sort(([a], [b]) => a.localeCompare(b));
  const start = () => setFields([...entries.map(([key, value]) => ({ key, value })), { key: "", value: "" }]);
  if (fields) return <Form agent={agent} fields={fields} onChange={setFields} onClose={() => setFields(undefined)} />;
  return (
    <Group gap={6}>
      {entries.map(([key, value]) => (
        <span key={key} className={classes.label}>
          {key}={value}
        </span>
      ))}
      {entries.length === 0 && (
        <span className="dimmed">None. Labels choose configurations, and win over attributes of the same key.</span>
      )}
      {mayWrite && !fixed && (
        <Button variant="subtle" size="compact-xs" onClick={start}>
          Edit labels
        </Button>
      )}
    </Group>
  );
}

interface FormProps {
  agent: Agent;
  fields: LabelField[];
  onChange: (fields: LabelField[]) => void;
  onClose: () => void;
}

function Form({ agent, fields, onChange, onClose }: FormProps) {
  const client = useQueryClient();
  const refreshed = useRefreshed();
  const [before] = useState(agent.labels); // what somebody else has changed meanwhile stays
  const problem = labelProblem(fields);
  const save = useMutation({
    mutationFn: () =>
      api.patch<Agent>(`/agents/${segment(agent.id)}`, { labels: labelsPatch(before, labelsOf(fields)) }),
    onSuccess: (changed) => {
      client.setQueryData(keys.agent(agent.id), changed);
      refreshed(changed);
      onClose();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === undefined) save.mutate();
      }}
    >
      <Stack gap="xs">
        <LabelFields fields={fields} onChange={onChange} problem={problem} />
        {save.isError && <ErrorPanel error={save.error} what="The labels were not changed" />}
        <Group gap="xs">
          <Button type="submit" loading={save.isPending} disabled={problem !== undefined}>
            Save labels
          </Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
