import { Button } from "@mantine/core";
import { IconBroadcastOff } from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";

import { clock } from "../ui/time";
import { useLive } from "./live";
import classes from "./shell.module.css";

/** A break shorter than this is not worth a word: what was missed comes with the stream. */
const GRACE_MS = 3_000;

/** Says since when the page is stale, while it is. */
export function StaleBanner(): ReactNode {
  const { state, retry } = useLive();
  const away = !state.live && state.reason !== "hidden";
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!away) return;
    const timer = setTimeout(() => setShown(true), GRACE_MS);
    return () => {
      clearTimeout(timer);
      setShown(false);
    };
  }, [away]);
  return (
    <div role="status">
      {shown && !state.live && (
        <div className={classes.stale}>
          <IconBroadcastOff size={16} aria-hidden />
          <span>No live updates since {clock(state.since)}, trying again</span>
          <Button variant="subtle" color="gray" size="compact-xs" onClick={retry}>
            Try now
          </Button>
        </div>
      )}
    </div>
  );
}
