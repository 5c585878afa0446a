import { CloseButton, Tabs, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef } from "react";
import { useLocation, useSearch } from "wouter";
import { ApiError } from "../api/problem";
import { agentQuery } from "../api/queries";
import type { Agent } from "../api/types";
import { PipelineGraph } from "../pipeline/PipelineGraph";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import { ConfigStateBadge, Forgotten, Status } from "../ui/State";
import { AgentActions } from "./AgentActions";
import classes from "./agent.module.css";
import { mainFile } from "./files";
import { HealthTree } from "./HealthTree";
import { Overview } from "./Overview";

// It brings the YAML parser with it.
const Configurations = lazy(() => import("./Configurations"));

const tabs = ["overview", "pipelines", "config", "health"] as const;
type Tab = (typeof tabs)[number];

interface Props {
  id: string;
  onClose: () => void;
  onForgotten: (id: string) => void;
}

/** AgentPanel shows one agent beside the list, which stays where it was. */
export default function AgentPanel({ id, onClose, onForgotten }: Props) {
  const query = useQuery(agentQuery(id));
  const agent = query.data;
  const name = agent?.name ?? id;
  const forgotten = agent !== undefined && query.error instanceof ApiError && query.error.status === 404;
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // Menus, dialogs and what is being typed take the key for themselves.
      const inside = event.target instanceof Node && panel.current?.contains(event.target);
      if (event.key === "Escape" && !event.defaultPrevented && inside && !isOpenAbove()) onClose();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onClose]);

  return (
    <aside ref={panel} tabIndex={-1} aria-label={`Agent ${name}`} className={classes.panel}>
      <header className={classes.head}>
        <Title order={2} className={classes.name} title={name}>
          {name}
        </Title>
        {forgotten && <Forgotten badge />}
        {agent && !forgotten && <Status status={agent.status} badge />}
        {agent && !forgotten && <ConfigStateBadge status={agent.config.status} badge />}
        <span className={classes.headEnd}>
          {agent && !forgotten && <AgentActions agent={agent} onClose={onClose} onForgotten={onForgotten} />}
          <CloseButton aria-label="Close the agent" onClick={onClose} />
        </span>
      </header>
      {forgotten && (
        <p role="alert" className={classes.forgotten}>
          This agent has been forgotten meanwhile: its record, labels and assignment are deleted. What is here is what it was. If it connects again, it is a new agent.
        </p>
      )}
      {query.isError && !forgotten && (
        <ErrorPanel
          error={query.error}
          what={agent ? "What is shown may be old: the agent could not be read again" : "The agent could not be shown"}
          onRetry={() => void query.refetch()}
        />
      )}
      {!agent && query.isPending && <LoadingBlock height={320} what="the agent" />}
      {agent && <Content agent={agent} forgotten={forgotten} />}
    </aside>
  );
}

/** isOpenAbove reports whether a dialog, a menu or a list of choices is shown, which closes first. */
function isOpenAbove(): boolean {
  const above = document.querySelectorAll("[role=dialog][aria-modal=true], [role=menu], [role=listbox]");
  return [...above].some((element) => element.getClientRects().length > 0);
}

function Content({ agent, forgotten }: { agent: Agent; forgotten: boolean }) {
  const [tab, setTab] = useTab();
  const files = agent.effective_config?.files;
  const main = mainFile(files);
  const effective = main === undefined ? undefined : files?.[main];
  return (
    <Tabs value={tab} onChange={(value) => setTab(value as Tab)} keepMounted={false} className={classes.tabs}>
      <Tabs.List>
        <Tabs.Tab value="overview">Overview</Tabs.Tab>
        <Tabs.Tab value="pipelines">Pipelines</Tabs.Tab>
        <Tabs.Tab value="config">Configuration</Tabs.Tab>
        <Tabs.Tab value="health">Health</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="overview" className={classes.body}>
        <Overview agent={agent} fixed={forgotten} />
      </Tabs.Panel>
      <Tabs.Panel value="pipelines" className={classes.body}>
        {effective === undefined ? (
          <p>The agent has not reported the configuration that it runs, so there is nothing to draw.</p>
        ) : (
          <PipelineGraph yaml={effective} health={agent.connected ? agent.health : undefined} />
        )}
      </Tabs.Panel>
      <Tabs.Panel value="config" className={classes.body}>
        <Suspense fallback={<LoadingBlock height={320} what="the configurations" />}>
          <Configurations agent={agent} />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="health" className={classes.body}>
        <HealthTree agent={agent} />
      </Tabs.Panel>
    </Tabs>
  );
}

/** useTab keeps the tab in the address. */
function useTab(): [Tab, (tab: Tab) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const params = new URLSearchParams(search);
  const tab = tabs.find((t) => t === params.get("tab")) ?? "overview";
  const setTab = (next: Tab) => {
    if (next === "overview") params.delete("tab");
    else params.set("tab", next);
    const text = params.toString();
    navigate(text === "" ? path : `${path}?${text}`, { replace: true });
  };
  return [tab, setTab];
}
