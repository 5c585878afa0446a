import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { agentListQuery } from "../api/queries";
import type { Agent, Config } from "../api/types";
import { ConfirmByName } from "../ui/ConfirmByName";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingBlock } from "../ui/Loading";
import { agents as count } from "./changes";
import classes from "./configs.module.css";
import { remove, type Tagged } from "./queries";
import { useDraftIds } from "./useShelf";

interface Props {
  opened: boolean;
  tagged: Tagged;
  onClose: () => void;
  onDeleted: () => void;
}

const named = 100;

/** Says by name which agents depend on a configuration before it is deleted; with any, deleting lets them go first. */
export function DeleteDialog({ opened, tagged, onClose, onDeleted }: Props): ReactNode {
  const { config, etag } = tagged;
  // Those that it is meant for: an agent that merely holds the same text does not depend on it.
  const list = useQuery({ ...agentListQuery({ config_id: config.id, order_by: "name", page_size: named }), enabled: opened });
  const drafts = useDraftIds();
  const first = list.data;
  const total = first?.total_size ?? config.agents.total;
  return (
    <ConfirmByName
      opened={opened}
      onClose={onClose}
      title={`Delete the configuration ${config.name}`}
      name={config.name}
      action={total > 0 ? `Detach ${count(total)} and delete` : "Delete configuration"}
      onConfirm={async () => {
        await remove(config.id, etag, total > 0, total);
        onDeleted();
      }}
    >
      {list.error !== null && <ErrorPanel error={list.error} what="What depends on it is not known" onRetry={() => void list.refetch()} />}
      {list.isPending && <LoadingBlock what="what depends on it" height={60} />}
      {first && total === 0 && <p className={classes.sentence}>No agent depends on it.</p>}
      {first && total > 0 && <Dependents config={config} agents={first.agents} total={total} />}
      <p className={classes.sentence}>
        Its {config.version === 1 ? "one version goes" : `${config.version} versions go`} with it
        {drafts.has(config.id) && ", and what you typed of it and did not save"}. This cannot be undone.
      </p>
    </ConfirmByName>
  );
}

function Dependents({ config, agents, total }: { config: Config; agents: Agent[]; total: number }): ReactNode {
  const assigned = agents.filter((agent) => agent.config.source === "assignment").length;
  return (
    <>
      <p className={classes.sentence}>
        <strong>
          {count(total)} {total === 1 ? "depends" : "depend"} on it.
        </strong>{" "}
        They are let go first: each keeps running what it has, unless the selector of another configuration takes it.
      </p>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by the keyboard */}
      <div className={classes.names} role="region" aria-label="Agents that depend on it" tabIndex={0}>
        <ul>
          {agents.map((agent) => (
            <li key={agent.id}>
              {agent.name} <span className="dimmed">by {agent.config.source === "assignment" ? "assignment" : "selector"}</span>
            </li>
          ))}
        </ul>
      </div>
      {total > agents.length && <p className="dimmed">These are the first {agents.length}.</p>}
      {assigned > 0 && total === agents.length && (
        <p className="dimmed">
          {assigned} by assignment{config.selector === "" ? "" : `, ${total - assigned} by the selector ${config.selector}`}.
        </p>
      )}
    </>
  );
}
