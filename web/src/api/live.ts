import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";

import { keys } from "./queries";
import type { Message } from "./sse";
import type { Agent, AgentList, Event } from "./types";

/** What has happened since the last batch: of each agent and configuration the last word only. */
export interface Batch {
  agents: Map<string, Agent>;
  /** Those that there are no more. */
  forgotten: Set<string>;
  configs: Set<string>;
  /** Too much was missed: everything is to be read anew. */
  reset: boolean;
  count: number;
}

/** Batches are as far apart as this, so that 200 events a second are two renderings a second. */
export const BATCH_MS = 500;
/** Counts are asked for again at most this often. */
export const COUNTS_MS = 2_000;

/** Collects messages and hands them on in batches. */
export class Batcher {
  private pending: Batch = emptyBatch();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly flush: (batch: Batch) => void;

  constructor(flush: (batch: Batch) => void) {
    this.flush = flush;
  }

  add(messages: Message[]): void {
    for (const message of messages) collect(this.pending, message);
    if (this.pending.count === 0) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const batch = this.pending;
      this.pending = emptyBatch();
      this.flush(batch);
    }, BATCH_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.pending = emptyBatch();
  }
}

function emptyBatch(): Batch {
  return { agents: new Map(), forgotten: new Set(), configs: new Set(), reset: false, count: 0 };
}

function collect(batch: Batch, message: Message): void {
  if (message.event === "reset") {
    batch.reset = true;
    batch.count++;
    return;
  }
  let event: Event;
  try {
    event = JSON.parse(message.data) as Event;
  } catch {
    batch.reset = true; // what cannot be read may have been anything
    batch.count++;
    return;
  }
  batch.count++;
  if (event.agent && event.type === "agent.forgotten") {
    batch.agents.delete(event.agent.id);
    batch.forgotten.add(event.agent.id);
  } else if (event.agent) {
    batch.forgotten.delete(event.agent.id);
    batch.agents.set(event.agent.id, event.agent);
  }
  if (event.config) batch.configs.add(event.config.id);
}

/**
 * Renews what is kept: agents in place, wherever they are listed; counts and configurations by
 * asking again, at most every COUNTS_MS. What is in a list stays there and where it is, also
 * where it no longer fits the filter: nothing moves under the pointer. The next reading sorts it out.
 */
export class Renewal {
  private readonly client: QueryClient;
  private due = new Map<string, QueryKey>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: QueryClient) {
    this.client = client;
  }

  apply(batch: Batch): void {
    if (batch.reset) {
      void this.client.invalidateQueries({ predicate: (query) => query.meta?.still !== true });
      return;
    }
    if (batch.agents.size + batch.forgotten.size > 0) {
      for (const query of this.client.getQueryCache().findAll({ queryKey: keys.agents })) {
        // What has not been read yet, or could not be, has nothing to change: to set it would call it read.
        if (query.state.status !== "success") continue;
        const patched = patchList(query.state.data, batch.agents, batch.forgotten);
        if (patched !== query.state.data) query.setData(patched, { updatedAt: query.state.dataUpdatedAt, manual: true });
      }
      for (const query of this.client.getQueryCache().findAll({ queryKey: ["agent"] })) {
        const old = query.state.data as Agent | undefined;
        if (!isAgent(old)) continue;
        if (batch.forgotten.has(old.id)) this.later(query.queryKey); // whoever shows it is told that there is none
        const news = batch.agents.get(old.id);
        if (news) {
          query.setData(mergeAgent(old, news), { manual: true });
          this.later(query.queryKey); // for what events do not carry: components' health, files
        }
      }
      this.later(keys.fleet);
      this.later(keys.configs);
    }
    if (batch.configs.size > 0) {
      this.later(keys.configs);
      this.later(["config"]);
      this.later(keys.fleet);
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.due.clear();
  }

  private later(key: QueryKey): void {
    if (this.timer === undefined) {
      this.timer = setTimeout(() => this.ask(), COUNTS_MS);
      this.ask([key]); // the first at once, what follows together
      return;
    }
    this.due.set(JSON.stringify(key), key);
  }

  private ask(now?: QueryKey[]): void {
    const all = now ?? [...this.due.values()];
    if (!now) {
      this.due.clear();
      this.timer = all.length > 0 ? setTimeout(() => this.ask(), COUNTS_MS) : undefined;
    }
    for (const queryKey of all) {
      // What is being read already is not broken off: under a stream of events it would never end. But it may have
      // been read before this happened, so that it is read once more when it is there.
      const reading = this.client.isFetching({ queryKey }) > 0;
      void this.client.invalidateQueries({ queryKey, predicate: (query) => query.state.fetchStatus === "idle" });
      if (reading) this.later(queryKey);
    }
  }
}

function isAgent(data: unknown): data is Agent {
  return typeof data === "object" && data !== null && "id" in data && "status" in data && "capabilities" in data;
}

/** The agent as the event tells it, with what only the whole agent has, which is about to be read anew. */
export function mergeAgent(old: Agent, news: Agent): Agent {
  const merged: Agent = { ...news };
  if (old.components) merged.components = old.components;
  if (news.health && old.health?.components) merged.health = { ...news.health, components: old.health.components };
  if (news.effective_config && old.effective_config?.files) merged.effective_config = old.effective_config;
  return merged;
}

const nobody: ReadonlySet<string> = new Set();

/** Puts news into a list of agents, or into the pages of one; the same object where nothing in it changed. */
export function patchList(data: unknown, news: Map<string, Agent>, forgotten = nobody): unknown {
  if (isPages(data)) {
    const pages = data.pages.map((page) => patchPage(page, news, forgotten));
    return pages.some((page, i) => page !== data.pages[i]) ? { ...data, pages } : data;
  }
  return isList(data) ? patchPage(data, news, forgotten) : data;
}

function patchPage(page: AgentList, news: Map<string, Agent>, forgotten: ReadonlySet<string>): AgentList {
  if (!page.agents.some((old) => news.has(old.id) || forgotten.has(old.id))) return page;
  const left = page.agents.filter((old) => !forgotten.has(old.id));
  const total_size = page.total_size - (page.agents.length - left.length);
  return { ...page, agents: left.map((old) => news.get(old.id) ?? old), total_size };
}

function isList(data: unknown): data is AgentList {
  return typeof data === "object" && data !== null && Array.isArray((data as Partial<AgentList>).agents);
}

function isPages(data: unknown): data is InfiniteData<AgentList> {
  const pages = typeof data === "object" && data !== null && "pages" in data ? data.pages : undefined;
  return Array.isArray(pages) && pages.every(isList);
}
