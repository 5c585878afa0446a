import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { useMayWrite } from "../session/useSession";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import { begin, versionNeeded, type Begun } from "./begun";
import { LeaveDialog } from "./LeaveDialog";
import { versionQuery, type Tagged } from "./queries";
import type { Shelf } from "./shelf";
import { useDraft, type Editing } from "./useDraft";
import { isThisPages } from "./useKeeping";
import { useLeaveWarning } from "./useLeaveWarning";
import { useShelf } from "./useShelf";

interface Props {
  /** What the server has now; null for a new configuration. */
  latest: Tagged | null;
  children: (editing: Editing) => ReactNode;
}

/** Holds the draft of a configuration for what is below it, and asks before the page is left with it. */
export function WithDraft({ latest, children }: Props): ReactNode {
  const id = latest?.config.id ?? "";
  const shelf = useShelf();
  const mayWrite = useMayWrite();
  // What an editor has open, in another tab, is left to it.
  const [placed, setPlaced] = useState(() =>
    mayWrite ? shelf.of(id).find(({ key, kept }) => !kept.open || isThisPages(key)) : undefined,
  );
  const version = placed && versionNeeded(latest, placed);
  const earlier = useQuery({ ...versionQuery(id, version ?? 0), enabled: version !== undefined });
  const [begun, setBegun] = useState(() => (placed && version === undefined ? begin(latest, placed) : null));
  if (placed && !begun && earlier.data) setBegun(begin(latest, placed, earlier.data.config));

  if (placed && !begun) {
    if (earlier.error === null) return <LoadingBlock what="what was typed" height={320} />;
    return (
      <>
        <ErrorPanel error={earlier.error} what="What you typed could not be put together again" onRetry={() => void earlier.refetch()} />
        <Button variant="default" mt={8} onClick={() => setPlaced(undefined)}>
          Open the configuration without it
        </Button>
      </>
    );
  }
  return (
    <Holder latest={latest} shelf={shelf} begun={begun}>
      {children}
    </Holder>
  );
}

function Holder({ latest, shelf, begun, children }: Props & { shelf: Shelf; begun: Begun | null }): ReactNode {
  const editing = useDraft(latest, shelf, begun);
  const { id, name } = latest?.config ?? { id: "new", name: "new" };
  const leaving = useLeaveWarning(editing, [`/configs/${id}`, `/configs/${encodeURIComponent(name)}`]);
  return (
    <>
      {children(editing)}
      <LeaveDialog leaving={leaving} editing={editing} />
    </>
  );
}
