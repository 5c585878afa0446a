import { Button, Group, Progress, Stack, TagsInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../api/queries";
import { Dialog } from "../ui/Dialog";
import { ErrorPanel } from "../ui/ErrorPanel";
import { agents, runBatch, type Act, type Outcome } from "./batch";
import { BatchResults } from "./BatchResults";
import classes from "./agents.module.css";
import { ConfigPicker, noConfig } from "./ConfigPicker";
import { LabelFields } from "./LabelFields";
import { labelProblem, labelsOf } from "./labels";
import type { AgentRows } from "./rows";

export type ActKind = Act["action"];

interface Props {
  kind: ActKind;
  ids: readonly string[];
  rows: AgentRows;
  onClose: () => void;
  onDone: () => void;
}

const titles: Record<ActKind, string> = {
  labels: "Change labels",
  assign: "Assign a configuration",
  unassign: "Remove assignments",
  retry: "Offer failed configurations once more",
  restart: "Restart",
};

const meanings: Record<ActKind, string> = {
  labels: "Selectors may give agents another configuration when their labels change.",
  assign: "An assignment wins over every selector. Agents that are away get the configuration when they are back.",
  unassign: "Selectors decide again. Agents that none takes keep running what they have.",
  retry: "Only agents whose configuration has failed are offered it again; of the others the result says so.",
  restart: "Each collector is stopped and started. What is in its queues in memory may be lost.",
};

const verbs: Record<ActKind, (count: string) => string> = {
  labels: (count) => `Change labels of ${count}`,
  assign: (count) => `Assign to ${count}`,
  unassign: (count) => `Unassign ${count}`,
  retry: (count) => `Retry ${count}`,
  restart: (count) => `Restart ${count}`,
};

/** BatchDialog does one thing to all selected agents, after it has said which, and shows what became of each. */
export function BatchDialog({ kind, ids, rows, onClose, onDone }: Props) {
  const client = useQueryClient();
  const [fields, setFields] = useState([{ key: "", value: "" }]);
  const [gone, setGone] = useState<string[]>([]);
  const [config, setConfig] = useState(noConfig);
  const [done, setDone] = useState<number>();
  const [outcome, setOutcome] = useState<Outcome>();

  const problem = labelProblem(fields);
  const act = actOf(kind, { ...Object.fromEntries(gone.map((key) => [key, null])), ...labelsOf(fields) }, config);
  const run = async () => {
    if (!act) return;
    setDone(0);
    const now = await runBatch(outcome?.left ?? ids, act, setDone, outcome?.result);
    setOutcome(now);
    setDone(undefined);
    if (now.result.total > 0) onDone();
    for (const queryKey of [keys.fleet, keys.configs, ["agent"]]) void client.invalidateQueries({ queryKey });
  };
  const begun = outcome !== undefined && outcome.result.total > 0;

  return (
    <Dialog opened onClose={onClose} title={titles[kind]} size="lg">
      {begun ? (
        <BatchResults
          outcome={outcome}
          names={(id) => rows.get(id)?.name ?? id}
          verb={verbs[kind](agents(outcome.left.length))}
          going={done !== undefined}
          onGoOn={() => void run()}
          onClose={onClose}
        />
      ) : (
        <Stack gap="sm">
          <span>{meanings[kind]}</span>
          {kind === "labels" && (
            <>
              <LabelFields fields={fields} onChange={setFields} problem={problem} />
              <TagsInput
                size="xs"
                label="Labels to remove"
                placeholder="Keys"
                data={keysOf(ids, rows)}
                value={gone}
                onChange={setGone}
              />
            </>
          )}
          {kind === "assign" && <ConfigPicker value={config} onChange={setConfig} />}
          <Which ids={ids} rows={rows} />
          {done !== undefined && ids.length > 1 && (
            <Progress value={(100 * done) / ids.length} animated aria-label="Progress" />
          )}
          {outcome?.error !== undefined && <ErrorPanel error={outcome.error} what="Nothing was done, as far as is known" />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              onClick={() => void run()}
              loading={done !== undefined}
              disabled={!act || (kind === "labels" && problem !== undefined)}
            >
              {verbs[kind](agents(ids.length))}
            </Button>
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}

/** actOf is undefined while something is still to be chosen. */
function actOf(kind: ActKind, labels: Record<string, string | null>, config: typeof noConfig): Act | undefined {
  switch (kind) {
    case "labels":
      return Object.keys(labels).length > 0 ? { action: kind, labels } : undefined;
    case "assign":
      return config.id === "" ? undefined : { action: kind, config_id: config.id, version: config.version };
    default:
      return { action: kind };
  }
}

const listed = 200;

/** Which agents it reaches, and what they have now. */
function Which({ ids, rows }: { ids: readonly string[]; rows: AgentRows }) {
  return (
    <div>
      <div className="dimmed">{summary(ids, rows)}</div>
      {/* It scrolls, so a keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={classes.which} tabIndex={0} role="group" aria-label="Agents that it reaches">
        {ids.slice(0, listed).map((id) => (
          <div key={id}>{rows.get(id)?.name ?? id}</div>
        ))}
        {ids.length > listed && <div>and {(ids.length - listed).toLocaleString("en")} more</div>}
      </div>
    </div>
  );
}

function summary(ids: readonly string[], rows: AgentRows): string {
  const counts = new Map<string, number>();
  let away = 0;
  let elsewhere = 0; // selected under another filter, or not loaded again since
  for (const id of ids) {
    const row = rows.get(id);
    if (!row) {
      elsewhere++;
      continue;
    }
    const name = row.configName ? `${row.configName} v${row.configVersion ?? ""}` : "no configuration";
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (!row.connected) away++;
  }
  const all = [...counts].sort((a, b) => b[1] - a[1]);
  const now = all.slice(0, 3).map(([name, count]) => `${count.toLocaleString("en")} with ${name}`);
  const others = all.slice(3).reduce((sum, [, count]) => sum + count, 0);
  if (others > 0) now.push(`${others.toLocaleString("en")} with ${all.length === 4 ? "another configuration" : "other configurations"}`);
  if (elsewhere > 0) now.push(`${elsewhere.toLocaleString("en")} that the list does not show now`);
  const gone = away > 0 ? ` ${away.toLocaleString("en")} ${away === 1 ? "is" : "are"} not connected.` : "";
  return `${agents(ids.length)}: now ${now.join(", ")}.${gone}`;
}

/** keysOf lists the label keys of the selected agents, most used first. */
function keysOf(ids: readonly string[], rows: AgentRows): string[] {
  const counts = new Map<string, number>();
  for (const id of ids) {
    for (const key of Object.keys(rows.get(id)?.labels ?? {})) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([key]) => key);
}
