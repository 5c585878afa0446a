import { Button, Group } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { Ago } from "../ui/Ago";
import { ErrorPanel } from "../ui/ErrorPanel";
import { begin, versionNeeded } from "./begun";
import classes from "./configs.module.css";
import { versionQuery } from "./queries";
import { RivalPanel } from "./RivalPanel";
import type { Placed } from "./shelf";
import type { Editing } from "./useDraft";
import { useShelf } from "./useShelf";

/** What one has to know of the draft before going on with it. */
export function DraftNotices({ editing }: { editing: Editing }): ReactNode {
  const { base, rival, cameBack } = editing;
  return (
    <>
      {base && rival && <RivalPanel base={base} rival={rival} onKeepMine={editing.keepMine} onTakeTheirs={editing.discard} />}
      {cameBack !== null && (
        <p role="status" className={classes.notice}>
          What you typed <Ago own at={new Date(cameBack).toISOString()} /> and did not save is back.{" "}
          {base && rival && `It began with version ${base.config.version}; version ${rival.config.version} is the newest. `}
          <button type="button" className={classes.asLink} onClick={editing.discard}>
            Discard it
          </button>
        </p>
      )}
      {editing.others.map((placed) => (
        <Other key={placed.key} placed={placed} editing={editing} />
      ))}
    </>
  );
}

/** What was typed for the same configuration in another tab: neither writes over the other. */
function Other({ placed, editing }: { placed: Placed; editing: Editing }): ReactNode {
  const { kept } = placed;
  const client = useQueryClient();
  const shelf = useShelf();
  const [error, setError] = useState<unknown>(null);
  const take = async (): Promise<void> => {
    const latest = editing.rival ?? editing.base;
    const version = versionNeeded(latest, placed);
    setError(null);
    try {
      const text = latest && version !== undefined ? (await client.query(versionQuery(latest.config.id, version))).config : undefined;
      editing.take(begin(latest, placed, text));
    } catch (thrown) {
      setError(thrown);
    }
  };
  const when = <Ago own at={new Date(kept.at).toISOString()} />;
  return (
    <div role="status" className={classes.notice}>
      {kept.open ? (
        <>
          This configuration is being changed in another tab of this browser too, last {when}, or was when the browser ended. That text is kept by itself.
        </>
      ) : (
        <>Another text for it was typed {when} and not saved.</>
      )}
      <Group gap="xs" mt={6}>
        <Button variant="default" size="compact-sm" onClick={() => void take()}>
          {editing.dirty ? "Go on with that text, keep this one" : "Go on with that text here"}
        </Button>
        {!kept.open && (
          <Button variant="subtle" color="red" size="compact-sm" onClick={() => shelf.drop(placed.key)}>
            Discard that text
          </Button>
        )}
      </Group>
      {error !== null && <ErrorPanel error={error} what="That text could not be put together again" onRetry={() => void take()} />}
    </div>
  );
}
