import { Button } from "@mantine/core";
import { IconDownload, IconRobotOff } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useRef, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { segment } from "../api/client";
import { RefreshedContext } from "../agent/useRefreshed";
import { useMayWrite } from "../session/useSession";
import { Empty } from "../ui/Empty";
import { ErrorPanel } from "../ui/ErrorPanel";
import { PageHeader } from "../ui/PageHeader";
import classes from "./agents.module.css";
import { AgentsTable, type TableHandle } from "./AgentsTable";
import { agents } from "./batch";
import { BatchDialog, type ActKind } from "./BatchDialog";
import { downloadCsv } from "./csv";
import { Filters } from "./Filters";
import { nothingSelected } from "./selection";
import { SelectionBar } from "./SelectionBar";
import { useAgentRows } from "./useAgentRows";
import { panelParams, useAgentsView, withSearch } from "./useAgentsView";
import { defaultView, isFiltered } from "./view";

const AgentPanel = lazy(() => import("../agent/AgentPanel"));

/** AgentsPage is the table of all agents, and over it the panel of the one that the address names. */
export default function AgentsPage({ id: agent }: { id?: string | undefined }) {
  const [view, setView] = useAgentsView();
  const [, navigate] = useLocation();
  const search = useSearch();
  const table = useRef<TableHandle>(null);
  const mayWrite = useMayWrite();
  const [kept, setSelection] = useState(nothingSelected);
  const selection = mayWrite ? kept : nothingSelected; // selecting is for acts alone
  const [act, setAct] = useState<ActKind>();
  const [error, setError] = useState<unknown>();
  const [saving, setSaving] = useState(false);

  const selected = selection.ids.size;
  const calm = useCallback(() => selected === 0 && !(table.current?.busy() ?? false), [selected]);
  const lastVisible = useCallback(() => table.current?.lastVisible() ?? 0, []);
  const { rows, stale, outdated, failure, refresh } = useAgentRows(view, calm, lastVisible);

  const close = () => {
    const params = new URLSearchParams(search);
    for (const name of panelParams) params.delete(name);
    navigate(withSearch("/agents", params));
    table.current?.focus();
  };
  const csv = async () => {
    setSaving(true);
    setError(undefined);
    try {
      await downloadCsv(view);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setSaving(false);
    }
  };
  const clear = () =>
    setView({ ...defaultView, columns: view.columns, orderBy: view.orderBy, descending: view.descending });

  const { total } = rows;
  const failed = rows.error !== undefined;
  return (
    <div className={classes.page}>
      <PageHeader
        title="Agents"
        actions={
          <Button
            variant="default"
            leftSection={<IconDownload size={14} />}
            loading={saving}
            disabled={!total}
            onClick={() => void csv()}
          >
            <span className={classes.wideWord}>Download&nbsp;</span>CSV
          </Button>
        }
      >
        <span role="status" className="dimmed">
          {total !== undefined && (isFiltered(view) ? `${agents(total)} ${total === 1 ? "matches" : "match"}` : agents(total))}
        </span>
        {isFiltered(view) && (
          <Button variant="subtle" size="compact-xs" onClick={clear}>
            Clear filters
          </Button>
        )}
        {outdated && !stale && (
          <Button variant="light" size="compact-xs" onClick={refresh}>
            The list has changed: show it anew
          </Button>
        )}
      </PageHeader>
      <Filters view={view} onView={setView} />
      {selected > 0 && (
        <SelectionBar rows={rows} selection={selection} onSelection={setSelection} onAct={setAct} onError={setError} />
      )}
      {error !== undefined && <ErrorPanel error={error} what="That did not work" />}
      {failure !== undefined && (
        <ErrorPanel
          error={failure}
          what="What is shown may be out of date: the list could not be read again"
          onRetry={refresh}
        />
      )}
      {failed && (
        <ErrorPanel
          error={rows.error}
          what={rows.loaded > 0 ? "More agents could not be loaded" : "The agents could not be loaded"}
          onRetry={() => (rows.loaded > 0 ? rows.retry() : refresh())}
        />
      )}
      {total === 0 && !stale ? (
        <NoAgents filtered={isFiltered(view)} onClear={clear} />
      ) : (
        (!failed || rows.loaded > 0) && (
          <AgentsTable
            rows={rows}
            stale={stale && total !== undefined}
            view={view}
            onView={setView}
            selection={selection}
            onSelection={mayWrite ? setSelection : undefined}
            open={agent}
            addressOf={(id) => withSearch(`/agents/${segment(id)}`, new URLSearchParams(search))}
            handle={table}
          />
        )
      )}
      {act && (
        <BatchDialog
          kind={act}
          ids={[...selection.ids]}
          rows={rows}
          onClose={() => setAct(undefined)}
          onDone={refresh}
        />
      )}
      {agent !== undefined && (
        <Suspense fallback={null}>
          <RefreshedContext value={(changed) => rows.update([changed])}>
            <AgentPanel key={agent} id={agent} onClose={close} onForgotten={(id) => rows.remove(new Set([id]))} />
          </RefreshedContext>
        </Suspense>
      )}
    </div>
  );
}

function NoAgents({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return filtered ? (
    <Empty icon={IconRobotOff} title="No agent matches" action={<Button onClick={onClear}>Clear filters</Button>}>
      A text is looked for in names, UIDs, types, versions and host names; a selector in labels and attributes.
    </Empty>
  ) : (
    <Empty
      icon={IconRobotOff}
      title="No agent has connected yet"
      action={
        <Button component={Link} href="/">
          Connect the first collector
        </Button>
      }
    >
      Agents are listed here as they connect.
    </Empty>
  );
}
