import { Button, Group } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMemo, type ReactNode } from "react";

import { Ago } from "../ui/Ago";
import classes from "./configs.module.css";
import { diffRows } from "./diff";
import { DiffView } from "./DiffView";
import { draftOf, fieldChanges } from "./draftOf";
import type { Tagged } from "./queries";

interface Props {
  /** What the draft began with. */
  base: Tagged;
  /** What somebody else has stored since. */
  rival: Tagged;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
}

/** Shows what somebody else has stored while one was typing. Nothing of one's own is touched until one decides. */
export function RivalPanel({ base, rival, onKeepMine, onTakeTheirs }: Props): ReactNode {
  const theirs = useMemo(() => draftOf(rival.config), [rival]);
  const before = useMemo(() => draftOf(base.config), [base]);
  const rows = useMemo(() => diffRows(before.config, theirs.config), [before, theirs]);
  const fields = fieldChanges(before, theirs);
  const same = rows.length === 0 && fields.length === 0;
  return (
    <div role="alert" className={classes.rival}>
      <p>
        <IconAlertTriangle size={16} aria-hidden />{" "}
        <strong>
          Somebody else has changed this configuration <Ago at={rival.config.updated_at} />.
        </strong>{" "}
        It is at version {rival.config.version} now. Your text is untouched.
      </p>
      {!same && <p className="dimmed">What they have changed:</p>}
      {fields.map((change) => (
        <p key={change.field}>
          {change.field}: <del>{change.from || "none"}</del> <span aria-hidden>→</span> <ins>{change.to || "none"}</ins>
        </p>
      ))}
      {rows.length > 0 && <DiffView rows={rows} label="Their change" />}
      <Group gap="xs" mt={8}>
        <Button onClick={onKeepMine}>Keep my text and go on from version {rival.config.version}</Button>
        <Button variant="default" onClick={onTakeTheirs}>
          Discard my text, take version {rival.config.version}
        </Button>
      </Group>
    </div>
  );
}
