import { QueryClient, QueryObserver, type QueryObserverOptions } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { BATCH_MS, Batcher, COUNTS_MS, mergeAgent, patchList, Renewal, type Batch } from "./live";
import { keys } from "./queries";
import type { Agent, AgentStatus } from "./types";

function agent(id: string, status: AgentStatus = "healthy", more: Partial<Agent> = {}): Agent {
  return {
    id, name: id, type: "otelcol", version: "1", status, connected: true, labels: {},
    attributes: { identifying: {}, non_identifying: {} }, capabilities: [],
    config: { source: "none", status: "unassigned", error: "" },
    first_seen_at: "2026-01-01T00:00:00Z", last_seen_at: "2026-01-01T00:00:00Z", ...more,
  };
}

function message(event: string, data: unknown): { id: string; event: string; data: string } {
  return { id: "x", event, data: JSON.stringify(data) };
}

function batchOf(...agents: Agent[]): Batch {
  return { agents: new Map(agents.map((a) => [a.id, a])), forgotten: new Set(), configs: new Set(), reset: false, count: agents.length };
}

/** Keeps a query on the page, as a component does. */
function observe(client: QueryClient, options: QueryObserverOptions<number>): void {
  new QueryObserver(client, options).subscribe(() => undefined);
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("Batcher", () => {
  it("makes one batch of 200 events, with the last word on each agent", () => {
    const flush = vi.fn<(batch: Batch) => void>();
    const batcher = new Batcher(flush);
    for (let i = 0; i < 200; i++) batcher.add([message("agent.status", { type: "agent.status", at: "", agent: agent(`a${i % 50}`, i < 150 ? "healthy" : "unhealthy") })]);
    expect(flush).not.toHaveBeenCalled();
    vi.advanceTimersByTime(BATCH_MS);
    expect(flush).toHaveBeenCalledTimes(1);
    const batch = flush.mock.calls[0]![0];
    expect(batch.agents.size).toBe(50);
    expect([...batch.agents.values()].every((a) => a.status === "unhealthy")).toBe(true);
    vi.advanceTimersByTime(10 * BATCH_MS);
    expect(flush).toHaveBeenCalledTimes(1);
  });

  it("has the last word of one that was forgotten, and of one that came back", () => {
    const flush = vi.fn<(batch: Batch) => void>();
    const batcher = new Batcher(flush);
    const tell = (type: string, id: string) => batcher.add([message(type, { type, at: "", agent: agent(id) })]);
    for (const [type, id] of [["agent.status", "a"], ["agent.forgotten", "a"], ["agent.forgotten", "b"], ["agent.connected", "b"]] as const) tell(type, id);
    vi.advanceTimersByTime(BATCH_MS);
    const batch = flush.mock.calls[0]![0];
    expect([...batch.agents.keys()]).toEqual(["b"]);
    expect([...batch.forgotten]).toEqual(["a"]);
  });

  it.each([
    ["a reset", { id: "", event: "reset", data: "{}" }],
    ["what is no JSON", { id: "", event: "agent.status", data: "{" }],
  ])("has everything read anew after %s", (_, one) => {
    const flush = vi.fn<(batch: Batch) => void>();
    new Batcher(flush).add([one]);
    vi.advanceTimersByTime(BATCH_MS);
    expect(flush.mock.calls[0]![0].reset).toBe(true);
  });
});

describe("patchList", () => {
  const list = { agents: [agent("a"), agent("b")], total_size: 2 };

  it("changes an agent where it is", () => {
    const patched = patchList(list, new Map([["b", agent("b", "unhealthy")]])) as typeof list;
    expect(patched.agents.map((a) => a.status)).toEqual(["healthy", "unhealthy"]);
    expect(patched.agents[0]).toBe(list.agents[0]);
  });

  it("takes out whom there is no more", () => {
    expect(patchList(list, new Map(), new Set(["a"]))).toEqual({ agents: [list.agents[1]], total_size: 1 });
  });

  it("leaves alone what has not changed, pages too", () => {
    const news = new Map([["z", agent("z")]]);
    const pages = { pages: [list, list], pageParams: ["", "2"] };
    expect(patchList(list, news)).toBe(list);
    expect(patchList(pages, news)).toBe(pages);
    expect(patchList(undefined, news)).toBeUndefined();
    expect(patchList(["anything"], news)).toEqual(["anything"]);
  });

  it("changes the page that has it, and no other", () => {
    const other = { agents: [agent("c")], total_size: 3 };
    const patched = patchList({ pages: [list, other], pageParams: [] }, new Map([["c", agent("c", "unknown")]])) as { pages: (typeof list)[] };
    expect(patched.pages[0]).toBe(list);
    expect(patched.pages[1]!.agents[0]!.status).toBe("unknown");
  });
});

describe("mergeAgent", () => {
  it("keeps what only the whole agent has, until it is read anew", () => {
    const whole = agent("a", "healthy", {
      components: { receivers: ["otlp"] },
      health: { healthy: true, status: "StatusOK", last_error: "", components: { p: { healthy: true } } },
      effective_config: { hash: "1", files: { "": "x" } },
    });
    const news = agent("a", "unhealthy", { health: { healthy: false, status: "StatusError", last_error: "no" }, effective_config: { hash: "1" } });
    const merged = mergeAgent(whole, news);
    expect(merged.status).toBe("unhealthy");
    expect(merged.components).toEqual({ receivers: ["otlp"] });
    expect(merged.health).toEqual({ healthy: false, status: "StatusError", last_error: "no", components: { p: { healthy: true } } });
    expect(merged.effective_config?.files).toEqual({ "": "x" });
    // Without its text the page would say that the agent reports none.
    expect(mergeAgent(whole, { ...news, effective_config: { hash: "2" } }).effective_config?.files).toEqual({ "": "x" });
    expect(mergeAgent(whole, agent("a")).effective_config).toBeUndefined();
  });
});

describe("Renewal", () => {
  it("patches lists and one agent at once, and asks for counts at most every COUNTS_MS", () => {
    const client = new QueryClient();
    client.setQueryData(keys.agentList({}), { agents: [agent("a")], total_size: 1 });
    client.setQueryData(keys.agent("a"), agent("a"));
    const asked = vi.spyOn(client, "invalidateQueries").mockResolvedValue();
    const fleetAsked = (): number => asked.mock.calls.filter(([filter]) => filter?.queryKey?.[0] === "fleet").length;
    const renewal = new Renewal(client);
    for (let i = 0; i < 20; i++) {
      renewal.apply(batchOf(agent("a", i % 2 === 0 ? "unhealthy" : "healthy")));
      vi.advanceTimersByTime(BATCH_MS);
    }
    expect((client.getQueryData(keys.agentList({})) as { agents: Agent[] }).agents[0]!.status).toBe("healthy");
    expect(client.getQueryData<Agent>(keys.agent("a"))?.status).toBe("healthy");
    const seconds = (20 * BATCH_MS) / COUNTS_MS;
    expect(fleetAsked()).toBeGreaterThanOrEqual(seconds - 1);
    expect(fleetAsked()).toBeLessThanOrEqual(seconds + 1);
    renewal.stop();
  });

  it("takes one that was forgotten out of lists, and has the one asked for again that is shown", () => {
    const client = new QueryClient();
    client.setQueryData(keys.agentList({}), { agents: [agent("a"), agent("b")], total_size: 2 });
    client.setQueryData(keys.agent("by-name"), agent("a"));
    const asked = vi.spyOn(client, "invalidateQueries").mockResolvedValue();
    const renewal = new Renewal(client);
    renewal.apply({ ...batchOf(), forgotten: new Set(["a"]) });
    expect(client.getQueryData(keys.agentList({}))).toMatchObject({ agents: [{ id: "b" }], total_size: 1 });
    vi.advanceTimersByTime(COUNTS_MS);
    expect(asked.mock.calls.map(([filter]) => filter?.queryKey)).toContainEqual(["agent", "by-name"]);
    renewal.stop();
  });

  it("reads everything anew after a reset, but for what has to keep still", async () => {
    const client = new QueryClient();
    const read = { fleet: 0, confirm: 0 };
    observe(client, { queryKey: keys.fleet, queryFn: () => ++read.fleet });
    observe(client, { queryKey: ["confirm"], queryFn: () => ++read.confirm, meta: { still: true } });
    await vi.advanceTimersByTimeAsync(0);
    new Renewal(client).apply({ ...batchOf(), reset: true });
    await vi.advanceTimersByTimeAsync(0);
    expect(read).toEqual({ fleet: 2, confirm: 1 });
  });

  it("does not call a list read that is on its way, or could not be read", async () => {
    const client = new QueryClient();
    observe(client, { queryKey: ["agents", "refused"], queryFn: () => Promise.reject<number>(new Error("a mistake in the selector")), retry: false });
    observe(client, { queryKey: ["agents", "slow"], queryFn: () => new Promise<number>(() => undefined) });
    await vi.advanceTimersByTimeAsync(0);
    const renewal = new Renewal(client);
    renewal.apply(batchOf(agent("a")));
    renewal.stop();
    expect(client.getQueryState(["agents", "refused"])).toMatchObject({ status: "error", error: { message: "a mistake in the selector" } });
    expect(client.getQueryState(["agents", "slow"])).toMatchObject({ status: "pending" });
  });

  it("reads once more what was being read when something happened", async () => {
    const client = new QueryClient();
    const answers: ((total: number) => void)[] = [];
    observe(client, { queryKey: keys.fleetStatus, queryFn: () => new Promise<number>((answer) => answers.push(answer)) });
    answers[0]!(1);
    await vi.advanceTimersByTimeAsync(0);
    const renewal = new Renewal(client);
    renewal.apply(batchOf(agent("a")));
    expect(answers).toHaveLength(2);
    renewal.apply(batchOf(agent("a", "unhealthy"))); // the server has answered already, and the answer is slow to come
    await vi.advanceTimersByTimeAsync(COUNTS_MS);
    expect(answers).toHaveLength(2); // it is not broken off
    answers[1]!(2);
    await vi.advanceTimersByTimeAsync(COUNTS_MS);
    answers[2]!(3);
    await vi.advanceTimersByTimeAsync(0);
    expect(client.getQueryData(keys.fleetStatus)).toBe(3);
    renewal.stop();
  });
});
