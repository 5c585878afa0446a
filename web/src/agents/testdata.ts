import type { Agent } from "../api/types";

/** An agent for tests: edge-1 on host-1 for number 1. */
export function agentNo(i: number, change: Partial<Agent> = {}): Agent {
  return {
    id: `id-${i}`,
    name: `edge-${i}`,
    type: "otelcol",
    version: "0.149.0",
    status: "healthy",
    connected: true,
    labels: {},
    attributes: { identifying: {}, non_identifying: { "host.name": `host-${i}` } },
    capabilities: [],
    config: { source: "none", status: "unassigned", error: "" },
    first_seen_at: "2026-01-01T00:00:00Z",
    last_seen_at: "2026-01-01T00:00:00Z",
    ...change,
  };
}
