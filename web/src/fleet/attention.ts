import type { Agent } from "../api/types";

/** A delivery that is not done after this is worth a look. */
export const LONG_PENDING_MS = 2 * 60_000;

export type Trouble = "unhealthy" | "failed" | "pending" | "gone";

/** An agent that needs a look: what is wrong, in its own words where it has any, and since when. */
export interface Attention {
  agent: Agent;
  trouble: Trouble;
  reason: string;
  since: string;
}

const rank: Record<Trouble, number> = { unhealthy: 0, failed: 1, pending: 2, gone: 3 };

/** What is wrong with an agent first of all; undefined where nothing is. */
export function troubleOf(agent: Agent, now: number): Attention | undefined {
  const changed = agent.config.changed_at ?? agent.last_seen_at;
  if (agent.status === "unhealthy") {
    const reason = agent.health?.last_error || agent.health?.status || "It gives no reason";
    return { agent, trouble: "unhealthy", reason, since: agent.health?.status_at ?? agent.last_seen_at };
  }
  if (agent.config.status === "failed") {
    return { agent, trouble: "failed", reason: agent.config.error || "It gives no reason", since: changed };
  }
  if (agent.status === "disconnected") {
    const waiting = agent.config.status === "pending" ? `${agent.config.config_name ?? "A configuration"} is waiting for it` : "Its connection ended";
    return { agent, trouble: "gone", reason: waiting, since: agent.last_seen_at };
  }
  if ((agent.config.status === "pending" || agent.config.status === "applying") && now - Date.parse(changed) > LONG_PENDING_MS) {
    return { agent, trouble: "pending", reason: `${agent.config.config_name ?? "Its configuration"} is still ${agent.config.status}`, since: changed };
  }
  return undefined;
}

/** Those that need a look, the worst first, of the same kind the latest first; each agent once. */
export function attention(agents: Agent[], now: number): Attention[] {
  const found = new Map<string, Attention>();
  for (const agent of agents) {
    const trouble = troubleOf(agent, now);
    if (trouble) found.set(agent.id, trouble);
  }
  return [...found.values()].sort(
    (a, b) => rank[a.trouble] - rank[b.trouble] || Date.parse(b.since) - Date.parse(a.since) || a.agent.name.localeCompare(b.agent.name),
  );
}

/** The first line that says something, for a row; the whole is on hover. */
export function firstLine(text: string): string {
  return text.split("\n").find((line) => line.trim() !== "")?.trim() ?? "";
}
