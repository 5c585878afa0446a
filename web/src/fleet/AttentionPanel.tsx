import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { api, segment, type Query } from "../api/client";
import { keys } from "../api/queries";
import type { Agent, AgentList } from "../api/types";
import { Ago } from "../ui/Ago";
import { Empty } from "../ui/Empty";
import { ErrorPanel } from "../ui/ErrorPanel";
import { LoadingRows } from "../ui/Loading";
import { ConfigStateBadge, Status } from "../ui/State";
import { useServerNow } from "../ui/useNow";
import { attention, firstLine, type Attention } from "./attention";
import classes from "./fleet.module.css";

/** Of each kind as many as these are asked for: whoever has more in trouble wants the list of agents. */
const EACH = 20;
const SHOWN = 12;

const kinds: Query[] = [
  { status: "unhealthy" },
  { config_status: "failed" },
  { config_status: "pending,applying", connected: true },
  { status: "disconnected", order_by: "last_seen_at desc" },
];

async function readAttention(signal: AbortSignal): Promise<Agent[]> {
  const lists = await Promise.all(kinds.map((kind) => api.get<AgentList>("/agents", { query: { ...kind, page_size: EACH }, signal })));
  return lists.flatMap((list) => list.agents);
}

/** What needs a look first. */
export function AttentionPanel(): ReactNode {
  const query = useQuery({ queryKey: keys.attention, queryFn: ({ signal }) => readAttention(signal), refetchInterval: 30_000 });
  const now = useServerNow();
  const list = query.data && attention(query.data, now);
  return (
    <section className={`panel ${classes.attention}`} aria-label="Needs attention">
      <h2>Needs attention</h2>
      {list === undefined &&
        (query.isError ? (
          <div style={{ padding: 12 }}>
            <ErrorPanel error={query.error} what="What needs attention could not be loaded" onRetry={() => void query.refetch()} />
          </div>
        ) : (
          <LoadingRows rows={6} what="what needs attention" />
        ))}
      {list?.length === 0 && (
        <Empty icon={IconCircleCheck} title="Nothing needs attention">
          No agent is unhealthy, has refused its configuration, has waited long for one, or is gone.
        </Empty>
      )}
      {list && list.length > 0 && (
        <ul>
          {list.slice(0, SHOWN).map((item) => (
            <Row key={item.agent.id} item={item} />
          ))}
        </ul>
      )}
      {list && list.length > SHOWN && (
        <p className={classes.rest}>
          And more: <Link href="/agents?status=unhealthy">unhealthy</Link>, <Link href="/agents?config_status=failed">failed</Link>,{" "}
          <Link href="/agents?status=disconnected">disconnected</Link>
        </p>
      )}
    </section>
  );
}

function Row({ item: { agent, trouble, reason, since } }: { item: Attention }): ReactNode {
  return (
    <li>
      <Link href={`/agents/${segment(agent.id)}`} className={classes.trouble}>
        <span className={classes.troubleState}>
          {trouble === "unhealthy" || trouble === "gone" ? <Status status={agent.status} /> : <ConfigStateBadge status={agent.config.status} />}
        </span>
        <span className={classes.troubleName}>{agent.name}</span>
        <span className={classes.reason} title={reason}>
          {firstLine(reason)}
        </span>
        <span className={classes.since}>
          <Ago at={since} />
        </span>
      </Link>
    </li>
  );
}
