import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";

import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import { reachSentences } from "./changes";
import classes from "./configs.module.css";
import type { Draft } from "./draft";
import { previewOf, previewQuery } from "./queries";

const PAUSE_MS = 700;

/** What saving the draft would do to agents, as one types. */
export function LiveReach({ id, draft }: { id: string; draft: Draft }): ReactNode {
  const request = useMemo(() => previewOf(id, draft), [id, draft]);
  const [settled] = useDebouncedValue(request, PAUSE_MS);
  const { data, error, isPlaceholderData, refetch } = useQuery(previewQuery(settled));
  const stale = isPlaceholderData || settled !== request;
  const unknown = data?.findings.some((finding) => finding.path === "selector" && finding.severity === "error") === true;
  return (
    <section className={`panel ${classes.block}`} aria-label="What saving would do">
      <h2>What saving would do</h2>
      {error !== null && <ErrorPanel error={error} what="Which agents it reaches is not known" onRetry={() => void refetch()} />}
      {error === null && !data && <LoadingBlock what="what saving would do" height={40} />}
      {error === null && data && (
        <div role="status" style={{ opacity: stale ? 0.75 : 1 }}>
          {unknown && <p className={classes.sentence}>The selector has a mistake, so nobody knows which agents it takes.</p>}
          {!data.valid && !unknown && (
            <p className={classes.sentence}>{draft.name.trim() === "" ? "It needs a name before it can be saved. Then:" : "It cannot be saved as it is. Once its errors are gone:"}</p>
          )}
          {!unknown &&
            reachSentences(data).map((sentence) => (
              <p key={sentence} className={classes.sentence}>
                {sentence}
              </p>
            ))}
        </div>
      )}
    </section>
  );
}
