import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";

import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import { unifiedRows } from "./diff";
import { DiffView } from "./DiffView";
import { diffQuery } from "./queries";

/** How two versions of a configuration differ. */
export function VersionDiff({ id, from, to }: { id: string; from: number; to: number }): ReactNode {
  const { data, error, refetch } = useQuery({ ...diffQuery(id, from, to), enabled: from !== to });
  const rows = useMemo(() => (data === undefined ? null : unifiedRows(data)), [data]);
  if (from === to) return <p className="dimmed">Pick two different versions to see what changed.</p>;
  if (error !== null) return <ErrorPanel error={error} what="The difference could not be loaded" onRetry={() => void refetch()} />;
  if (rows === null) return <LoadingBlock what="the difference" />;
  return <DiffView rows={rows} label={`From version ${from} to version ${to}`} />;
}
