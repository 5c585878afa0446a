import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";

import type { PreviewRequest } from "../api/types";
import { Dialog } from "../ui/Dialog";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import { clock } from "../ui/time";
import { confirmed, saveLabel } from "./changes";
import classes from "./configs.module.css";
import { diffRows } from "./diff";
import { DiffView } from "./DiffView";
import type { Draft } from "./draft";
import { fieldChanges } from "./draftOf";
import { preview } from "./queries";
import { ReachPanel } from "./ReachPanel";

export interface Change {
  /** "Save edge-gateway". */
  title: string;
  /** The verb on the button: "Save". */
  verb: string;
  request: PreviewRequest;
  /** What is stored; null for a new configuration. */
  from: Draft | null;
  to: Draft;
}

interface Props {
  /** What is to be confirmed; null while nothing is. */
  change: Change | null;
  onClose: () => void;
  /** Does it, for at most this many agents. What it throws is shown. */
  onConfirm: (confirm: number) => Promise<void>;
}

/** Shows which agents a change reaches and what differs, before its button works. */
export function ChangeDialog({ change, onClose, onConfirm }: Props): ReactNode {
  return (
    <Dialog opened={change !== null} onClose={onClose} title={change?.title} size="min(960px, 94vw)">
      {change && <Body change={change} onClose={onClose} onConfirm={onConfirm} />}
    </Dialog>
  );
}

function Body({ change, onClose, onConfirm }: Props & { change: Change }): ReactNode {
  const opened = useId();
  const reach = useQuery({
    // Each dialog asks anew, and only when told to: the number on a button does not move under the hand.
    queryKey: ["confirm", opened, change.request],
    queryFn: ({ signal }) => preview(change.request, signal),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    meta: { still: true }, // for the renewal after a reset of the events
  });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const refused = reach.data?.findings.filter((finding) => finding.severity === "error") ?? [];

  const again = (): void => {
    setError(null);
    void reach.refetch();
  };
  const confirm = async (): Promise<void> => {
    if (!reach.data || busy) return;
    setBusy(true);
    setError(null);
    try {
      await onConfirm(confirmed(reach.data));
    } catch (thrown) {
      setError(thrown);
    }
    setBusy(false);
  };

  return (
    <div className={classes.dialog}>
      {reach.error !== null && <ErrorPanel error={reach.error} what="Which agents it reaches is not known" onRetry={again} />}
      {reach.isPending && <LoadingBlock what="the agents that it reaches" height={80} />}
      {reach.data?.valid === true && <ReachPanel reach={reach.data} />}
      {refused.length > 0 && <Refused messages={refused.map((f) => (f.line > 0 ? `Line ${f.line}: ${f.message}` : f.message))} />}
      <WhatDiffers change={change} />
      {error !== null && <ErrorPanel error={error} what="Nothing was changed" onRetry={again} />}
      <Group justify="flex-end" gap="xs" className={classes.dialogFoot}>
        {reach.data && (
          <span className="dimmed">
            As of {clock(reach.dataUpdatedAt)}.{" "}
            <button type="button" className={classes.asLink} onClick={again}>
              Look again
            </button>
          </span>
        )}
        <Button variant="default" data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button onClick={() => void confirm()} disabled={reach.data?.valid !== true || reach.isFetching} loading={busy}>
          {reach.data ? saveLabel(change.verb, reach.data) : change.verb}
        </Button>
      </Group>
    </div>
  );
}

function Refused({ messages }: { messages: string[] }): ReactNode {
  return (
    <div role="alert" className={classes.refused}>
      <strong>It cannot be stored like this.</strong>
      <ul>
        {messages.slice(0, 20).map((message, i) => (
          <li key={i}>{message}</li>
        ))}
      </ul>
    </div>
  );
}

function WhatDiffers({ change: { from, to } }: { change: Change }): ReactNode {
  if (from === null) return null; // all of it is new, and stands in the editor
  const fields = fieldChanges(from, to);
  return (
    <section aria-label="What differs">
      {fields.length > 0 && (
        <dl className={classes.fieldChanges}>
          {fields.map((change) => (
            <div key={change.field}>
              <dt>{change.field}</dt>
              <dd>
                <del>{change.from || "none"}</del> <span aria-hidden>→</span> <ins>{change.to || "none"}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <DiffView rows={diffRows(from.config, to.config)} label="What is stored and what would be" />
    </section>
  );
}
