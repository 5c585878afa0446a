import { describe, expect, it } from "vitest";

import type { Agent, FleetStatus, HistoryPoint } from "../api/types";
import { attention, firstLine, LONG_PENDING_MS } from "./attention";
import { columns, troubleLines, wellLines } from "./history";
import { agentsOf } from "./VersionsPanel";
import { verdict } from "./verdict";

const now = Date.UTC(2026, 10, 26, 12);
const ago = (ms: number): string => new Date(now - ms).toISOString();

function agent(name: string, status: Agent["status"], config: Partial<Agent["config"]> = {}, more: Partial<Agent> = {}): Agent {
  return {
    id: name, name, type: "otelcol", version: "1", status, connected: status !== "disconnected", labels: {},
    attributes: { identifying: {}, non_identifying: {} }, capabilities: [],
    config: { source: "selector", status: "applied", error: "", config_name: "c", ...config },
    first_seen_at: ago(1e9), last_seen_at: ago(0), ...more,
  };
}

describe("attention", () => {
  it("lists the worst first, each agent once, and nobody who is well", () => {
    const sick = agent("sick", "unhealthy", { status: "failed", error: "also" }, { health: { healthy: false, status: "StatusError", last_error: "no room" } });
    const list = attention(
      [
        agent("gone-long", "disconnected", {}, { last_seen_at: ago(9e6) }),
        agent("gone", "disconnected", { status: "pending" }, { last_seen_at: ago(5e6) }),
        agent("slow", "healthy", { status: "applying", changed_at: ago(LONG_PENDING_MS + 1) }),
        agent("quick", "healthy", { status: "pending", changed_at: ago(LONG_PENDING_MS - 1) }),
        agent("well", "healthy"),
        agent("refused", "healthy", { status: "failed", error: "bad key" }),
        sick,
        sick,
      ],
      now,
    );
    expect(list.map((item) => [item.agent.name, item.trouble])).toEqual([
      ["sick", "unhealthy"],
      ["refused", "failed"],
      ["slow", "pending"],
      ["gone", "gone"],
      ["gone-long", "gone"],
    ]);
    expect(list.map((item) => item.reason).slice(0, 4)).toEqual(["no room", "bad key", "c is still applying", "c is waiting for it"]);
  });

  it("shows the first line that says something", () => {
    expect(firstLine("\n\n  exit status 1 \nmore")).toBe("exit status 1");
    expect(firstLine("")).toBe("");
  });
});

function status(change: Partial<FleetStatus>, config: Partial<FleetStatus["config"]> = {}): FleetStatus {
  return {
    total: 10, connected: 10, healthy: 10, unhealthy: 0, disconnected: 0, unknown: 0, versions: [], generated_at: ago(0),
    config: { applied: 10, applying: 0, pending: 0, failed: 0, unassigned: 0, unsupported: 0, ...config }, ...change,
  };
}

describe("verdict", () => {
  it.each([
    [status({}), "good", "10 agents, all connected and healthy"],
    [status({ healthy: 8, unhealthy: 2 }, { failed: 1 }), "bad", "Of 10 agents: 2 unhealthy, 1 refused a configuration"],
    [status({ healthy: 9, disconnected: 1 }), "busy", "Of 10 agents: 1 disconnected"],
    [status({}, { pending: 1, applied: 9 }), "busy", "10 agents, none in trouble; 1 configuration on the way"],
    [status({ healthy: 9, unknown: 1 }), "good", "10 agents, all connected; 1 report no health"],
  ] as const)("%#", (s, tone, text) => expect(verdict(s)).toEqual({ tone, text }));
});

describe("columns", () => {
  const point = (minute: number, unhealthy: number): HistoryPoint => ({
    at: new Date(now + minute * 60_000).toISOString(), total: 10, healthy: 10 - unhealthy, unhealthy, disconnected: 0, unknown: 0, config: status({}).config,
  });

  it("has a column for each line, and breaks the lines where the server was down", () => {
    const [times, total, healthy] = columns({ interval_seconds: 60, points: [point(0, 1), point(1, 2), point(9, 3)] }, wellLines);
    expect(times).toEqual([0, 60, 120, 540].map((s) => now / 1000 + s));
    expect(total).toEqual([10, 10, null, 10]);
    expect(healthy).toEqual([9, 8, null, 7]);
  });

  it("is empty and whole without points", () => {
    expect(columns({ interval_seconds: 60, points: [] }, troubleLines)).toEqual([[], [], [], [], []]);
  });
});

describe("agentsOf", () => {
  it("selects where a selector can say it, and searches where not", () => {
    expect(agentsOf({ type: "otelcol-contrib", version: "0.149.0", agents: 1 })).toBe("/agents?selector=service.name%3Dotelcol-contrib%2Cservice.version%3D0.149.0");
    expect(agentsOf({ type: "my agent", version: "1.0+build", agents: 1 })).toBe("/agents?q=1.0%2Bbuild");
  });
});
