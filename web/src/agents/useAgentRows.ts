import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { api } from "../api/client";
import type { AgentList } from "../api/types";
import { useLiveBatch } from "../app/live";
import { AgentRows, laterPages, type FetchPage } from "./rows";
import { listParams, mayMatch, type AgentsView } from "./view";

export interface ShownRows {
  rows: AgentRows;
  /** Another list is on its way and takes the place of these rows. */
  stale: boolean;
  /** Agents have come or gone, or the order is another: reading the list anew would show it. */
  outdated: boolean;
  /** Why the list could not be read anew; undefined where it could, or is another that has its own error. */
  failure: unknown;
  refresh: () => void;
}

const refreshAfter = 2_000;

/**
 * useAgentRows keeps the rows of a view. They change in place as events come. The list itself is read anew by
 * itself only while `calm` says that nobody is about to press something in it.
 */
export function useAgentRows(view: AgentsView, calm: () => boolean, lastVisible: () => number): ShownRows {
  const params = listParams(view).toString();
  const [generation, setGeneration] = useState(0);
  const [shown, setShown] = useState<{ key: string; rows: AgentRows }>(() => ({ key: "", rows: new AgentRows(never) }));
  const [outdated, setOutdated] = useState(false);
  const [failed, setFailed] = useState<{ key: string; error: unknown }>();
  const key = `${generation} ${params}`;
  const depth = useRef({ params, lastVisible });
  const showing = useRef<AgentRows>(undefined);

  useEffect(() => {
    const rows = new AgentRows(pagesOf(params));
    // Read anew, it is shown where it was; of another list the beginning is shown.
    const again = depth.current.params === params;
    const off = rows.subscribe(() => {
      if (rows.loading && rows.error === undefined && (again || rows.total === undefined)) return;
      off();
      if (again && rows.error !== undefined && (showing.current?.loaded ?? 0) > 0) {
        setFailed({ key, error: rows.error }); // what is shown stays; the next attempt may go through
        setOutdated(true);
        return;
      }
      showing.current?.stop();
      showing.current = rows;
      setShown({ key, rows });
      setFailed(undefined);
      setOutdated(false);
    });
    rows.need(again ? depth.current.lastVisible() : 0);
    depth.current = { params, lastVisible };
    return () => {
      off();
      if (rows !== showing.current) rows.stop(); // what is shown goes on until another takes its place
    };
    // lastVisible is read when it is needed, and a new one is no reason to read the list anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, params]);

  useEffect(() => () => showing.current?.stop(), []);

  const { rows } = shown;
  const stale = shown.key !== key && failed?.key !== key;
  useSyncExternalStore(rows.subscribe, () => rows.version);

  useLiveBatch((batch) => {
    if (batch.reset) {
      setGeneration((g) => g + 1);
      return;
    }
    const agents = [...batch.agents.values()];
    const moved = agents.some((agent) => {
      const row = rows.get(agent.id);
      return row !== undefined && (!mayMatch(view, agent) || movesRow(view, row, agent));
    });
    const strangers = rows.update(agents);
    const joined = strangers.some((agent) => mayMatch(view, agent) && (rows.complete || isNew(agent)));
    // Taking rows out moves the others: not while somebody is about to press one.
    let left = false;
    if (calm()) rows.remove(batch.forgotten);
    else left = rows.forget(batch.forgotten);
    if (moved || joined || left) setOutdated(true);
  });

  useEffect(() => {
    if (!outdated || stale) return; // what is being read is not broken off
    // One who has scrolled through many decides when they are all read again.
    const timer = setInterval(() => {
      if (calm() && rows.loaded <= laterPages) setGeneration((g) => g + 1);
    }, refreshAfter);
    return () => clearInterval(timer);
  }, [outdated, stale, calm, rows]);

  return { rows, stale, outdated, failure: failed?.error, refresh: () => setGeneration((g) => g + 1) };
}

const never: FetchPage = () => new Promise(() => undefined);

function pagesOf(params: string): FetchPage {
  return (size, token, signal) => {
    const query = { ...Object.fromEntries(new URLSearchParams(params)), page_size: size, page_token: token };
    return api.get<AgentList>("/agents", { query, signal });
  };
}

/** movesRow reports whether what the table is ordered by has changed. */
function movesRow(
  view: AgentsView,
  row: { status: string; configStatus: string; configName: string },
  agent: AgentList["agents"][number],
): boolean {
  switch (view.orderBy) {
    case "status":
      return row.status !== agent.status;
    case "config_status":
      return row.configStatus !== agent.config.status;
    case "config_name":
      return row.configName !== (agent.config.config_name ?? "");
    default:
      return false;
  }
}

/** isNew reports whether an agent was seen for the first time just before it was last seen. */
function isNew(agent: AgentList["agents"][number]): boolean {
  return Date.parse(agent.last_seen_at) - Date.parse(agent.first_seen_at) < 30_000;
}
