import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconServer2 } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "wouter";

import type { Agent, Config } from "../api/types";
import { Ago } from "../ui/Ago";
import { Empty } from "../ui/Empty";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingRows } from "../ui/Loading";
import { ConfigStateBadge, Status } from "../ui/State";
import classes from "./configs.module.css";
import { configAgentsQuery } from "./queries";

/** The agents that hold a configuration or should, by name. */
export function ConfigAgents({ config }: { config: Config }): ReactNode {
  const list = useInfiniteQuery(configAgentsQuery(config.id));
  const agents = list.data?.pages.flatMap((page) => page.agents) ?? [];
  const total = list.data?.pages[0]?.total_size ?? config.agents.total;
  return (
    <section className="panel" aria-label="Agents">
      <div className={classes.blockHead}>
        <h2>Agents</h2>
        {total > 0 && <Link href={`/agents?config_id=${encodeURIComponent(config.id)}`}>Open in the list of agents</Link>}
      </div>
      {list.error !== null && <ErrorPanel error={list.error} what="The agents could not be loaded" onRetry={() => void list.refetch()} />}
      {list.isPending && <LoadingRows what="the agents" rows={3} />}
      {list.data && agents.length === 0 && <NoAgents config={config} />}
      {agents.length > 0 && <Rows agents={agents} config={config} />}
      {list.hasNextPage && (
        <p className={classes.tableFoot}>
          {agents.length} of {total.toLocaleString("en")}.{" "}
          <Button variant="default" size="compact-xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more
          </Button>
        </p>
      )}
    </section>
  );
}

function NoAgents({ config }: { config: Config }): ReactNode {
  return (
    <Empty icon={IconServer2} title="No agent has it">
      {config.selector === ""
        ? "It has no selector. Give it one, or assign it to agents in their list."
        : "No agent fits its selector, or a configuration with a higher priority takes those that do."}
    </Empty>
  );
}

function Rows({ agents, config }: { agents: Agent[]; config: Config }): ReactNode {
  return (
    <div className={classes.scrollX}>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Status</th>
            <th scope="col">Configuration</th>
            <th scope="col" className="number">
              Version
            </th>
            <th scope="col">By</th>
            <th scope="col">Since</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>
          {agents.map((agent) => (
            <tr key={agent.id}>
              <th scope="row" className={classes.name}>
                <Link href={`/agents/${agent.id}`} title={agent.name}>{agent.name}</Link>
              </th>
              <td>
                <Status status={agent.status} />
              </td>
              <td>
                <ConfigStateBadge status={agent.config.status} />
              </td>
              <td className="number">
                {agent.config.version}
                {agent.config.config_id === config.id && agent.config.version !== config.version && (
                  <span className="dimmed"> of {config.version}</span>
                )}
              </td>
              <td>
                {agent.config.config_id === config.id
                  ? agent.config.source
                  : `same text as ${agent.config.config_name ?? "another"}, which is meant for it`}
              </td>
              <td>
                <Ago at={agent.config.changed_at} fallback="" />
              </td>
              <td className={classes.cut} title={agent.config.error}>
                {agent.config.error}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
