import { Button, Radio } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { ApiError } from "../api/problem";
import { keys } from "../api/queries";
import type { VersionList } from "../api/types";
import { useMayWrite } from "../session/useSession";
import { Ago } from "../ui/Ago";
import { CopyId } from "../ui/CopyId";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingRows } from "../ui/Loading";
import { ChangeDialog, type Change } from "./ChangeDialog";
import classes from "./configs.module.css";
import { draftOf } from "./draftOf";
import { previewOf, rollBack, versionQuery, versionsQuery, type Tagged } from "./queries";
import { VersionDiff } from "./VersionDiff";
import { VersionDialog } from "./VersionDialog";

interface Props {
  tagged: Tagged;
  onStored: (now: Tagged, before: Tagged) => void;
}

interface Rollback {
  version: number;
  /** What the dialog was opened over: the rollback is refused where somebody changes it meanwhile. */
  over: Tagged;
  change: Change;
}

/** Every version, how any two differ, and the way back to one. */
export function HistoryPanel({ tagged, onStored }: Props): ReactNode {
  const client = useQueryClient();
  const { config } = tagged;
  const list = useInfiniteQuery(versionsQuery(config.id));
  const versions = list.data?.pages.flatMap((page) => page.versions) ?? [];
  // Until somebody picks, the newest is compared with the one before it.
  const [picked, setPicked] = useState<{ from: number; to: number } | null>(null);
  const { from, to } = picked ?? { from: Math.max(config.version - 1, 1), to: config.version };
  const [viewed, setViewed] = useState<number | null>(null);
  const [rollback, setRollback] = useState<Rollback | null>(null);
  const [error, setError] = useState<unknown>(null);

  const prepare = async (version: number): Promise<void> => {
    setError(null);
    try {
      const { config: text } = await client.query(versionQuery(config.id, version));
      const now = draftOf(config);
      const then = { ...now, config: text };
      const title = `Roll ${config.name} back to version ${version}`;
      const change = { title, verb: `Roll back to version ${version}`, request: previewOf(config.id, then), from: now, to: then };
      setRollback({ version, over: tagged, change });
    } catch (thrown) {
      setError(thrown);
    }
  };
  const confirm = async (agents: number): Promise<void> => {
    if (!rollback) return;
    try {
      const now = await rollBack(config.id, rollback.version, rollback.over.etag, agents);
      setRollback(null);
      setPicked(null);
      onStored(now, rollback.over);
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.status === 412) void client.invalidateQueries({ queryKey: keys.configs });
      throw thrown;
    }
  };

  return (
    <div className={classes.history}>
      <section className="panel" aria-label="Versions">
        {list.error !== null && (
          <ErrorPanel error={list.error} what="The history could not be loaded" onRetry={() => void list.refetch()} />
        )}
        {error !== null && <ErrorPanel error={error} what="That version could not be loaded" />}
        {list.isPending && <LoadingRows what="the history" rows={3} />}
        {versions.length > 0 && (
          <Versions
            versions={versions}
            current={config.version}
            from={from}
            to={to}
            onPick={setPicked}
            onView={setViewed}
            onRollback={(version) => void prepare(version)}
          />
        )}
        {list.hasNextPage && (
          <p className={classes.tableFoot}>
            <Button variant="default" size="compact-xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show earlier versions
            </Button>
          </p>
        )}
      </section>
      {config.version === 1 ? (
        <p className="dimmed">This is the only version. Each change adds one, to be compared here and rolled back to.</p>
      ) : (
        <section className={`panel ${classes.block}`} aria-label="Difference">
          <h2>{from === to ? `Version ${from}` : `From version ${from} to version ${to}`}</h2>
          <VersionDiff id={config.id} from={from} to={to} />
        </section>
      )}
      <VersionDialog id={config.id} version={viewed} onClose={() => setViewed(null)} />
      <ChangeDialog change={rollback?.change ?? null} onClose={() => setRollback(null)} onConfirm={confirm} />
    </div>
  );
}

interface VersionsProps {
  versions: VersionList["versions"];
  current: number;
  from: number;
  to: number;
  onPick: (pair: { from: number; to: number }) => void;
  onView: (version: number) => void;
  onRollback: (version: number) => void;
}

function Versions({ versions, current, from, to, onPick, onView, onRollback }: VersionsProps): ReactNode {
  const mayWrite = useMayWrite();
  return (
    <div className={classes.scrollX}>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col" className="number">
              Version
            </th>
            <th scope="col">Stored</th>
            <th scope="col">Hash</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {versions.map(({ version, created_at, hash }) => (
            <tr key={version}>
              <td>
                <Radio
                  size="xs"
                  name="from"
                  aria-label={`Compare from version ${version}`}
                  checked={version === from}
                  onChange={() => onPick({ from: version, to })}
                />
              </td>
              <td>
                <Radio
                  size="xs"
                  name="to"
                  aria-label={`Compare to version ${version}`}
                  checked={version === to}
                  onChange={() => onPick({ from, to: version })}
                />
              </td>
              <td className="number">
                {version === current && <span className="dimmed">newest </span>}
                {version}
              </td>
              <td>
                <Ago at={created_at} />
              </td>
              <td>
                <CopyId id={hash} what={`the hash of version ${version}`} />
              </td>
              <td className={classes.rowActions}>
                <Button variant="subtle" size="compact-xs" aria-label={`View version ${version}`} onClick={() => onView(version)}>
                  View
                </Button>
                {mayWrite && version !== current && (
                  <Button
                    variant="subtle"
                    size="compact-xs"
                    aria-label={`Roll back to version ${version}`}
                    onClick={() => onRollback(version)}
                  >
                    Roll back…
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
