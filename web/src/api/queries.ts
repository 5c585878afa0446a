import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from "@tanstack/react-query";

import { api, segment, type Query } from "./client";
import { ApiError } from "./problem";
import { serverAhead } from "./servertime";
import type { Agent, AgentList, Components, Config, ConfigList, FleetHistory, FleetStatus, Health, TokenList } from "./types";

/**
 * The names under which answers are kept. Live events renew them by these names (api/live.ts),
 * so what shows agents has a key that begins with "agents", one agent's with "agent", and so on.
 */
export const keys = {
  session: ["session"] as const,
  health: ["health"] as const,
  fleet: ["fleet"] as const,
  fleetStatus: ["fleet", "status"] as const,
  fleetHistory: (hours: number) => ["fleet", "history", hours] as const,
  attention: ["fleet", "attention"] as const,
  agents: ["agents"] as const,
  agentList: (query: Query) => ["agents", query] as const,
  agent: (id: string) => ["agent", id] as const,
  configs: ["configs"] as const,
  config: (id: string) => ["config", id] as const,
  configVersions: (id: string) => ["config", id, "versions"] as const,
  components: ["components"] as const,
  tokens: ["tokens"] as const,
};

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
        // What the server has refused it would refuse again; what broke on the way may go through.
        retry: (count, error) => count < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
        retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, 8000),
        networkMode: "always", // an appliance is reached without the internet too
      },
      mutations: { networkMode: "always" },
    },
  });
}

export const healthQuery = queryOptions({
  queryKey: keys.health,
  queryFn: ({ signal }) => api.get<Health>("/health", { alsoAnswers: 503, signal }), // 503 says what is wrong in the same form
  staleTime: 60_000,
  refetchInterval: ({ state }) => (state.data === undefined || state.data.status === "ok" ? 60_000 : 10_000),
});

export const fleetStatusQuery = queryOptions({
  queryKey: keys.fleetStatus,
  queryFn: ({ signal }) => api.get<FleetStatus>("/fleet/status", { signal }),
});

export function fleetHistoryQuery(hours: number) {
  return queryOptions({
    queryKey: keys.fleetHistory(hours),
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() + serverAhead() - hours * 3_600_000).toISOString();
      return api.get<FleetHistory>("/fleet/history", { query: { from }, signal });
    },
    refetchInterval: 60_000,
  });
}

export function agentListQuery(query: Query) {
  return queryOptions({
    queryKey: keys.agentList(query),
    queryFn: ({ signal }) => api.get<AgentList>("/agents", { query, signal }),
  });
}

export function agentQuery(id: string) {
  return queryOptions({
    queryKey: keys.agent(id),
    queryFn: ({ signal }) => api.get<Agent>(`/agents/${segment(id)}`, { signal }),
  });
}

/** The first configurations by name that fit a text, to choose from. */
export function configSearchQuery(q: string) {
  return queryOptions({
    queryKey: [...keys.configs, "search", q],
    queryFn: ({ signal }) => api.get<ConfigList>("/configs", { query: { q, order_by: "name", page_size: 50 }, signal }),
    placeholderData: keepPreviousData,
  });
}

/** All configurations, page by page, in the order of their names. */
export function configPagesQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: [...keys.configs, "pages", q],
    queryFn: ({ signal, pageParam }) =>
      api.get<ConfigList>("/configs", { query: { q, order_by: "name", page_size: 1000, page_token: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_page_token,
    placeholderData: keepPreviousData,
  });
}

export function configQuery(id: string) {
  return queryOptions({
    queryKey: keys.config(id),
    queryFn: ({ signal }) => api.get<Config>(`/configs/${segment(id)}`, { signal }),
  });
}

export const componentsQuery = queryOptions({
  queryKey: keys.components,
  queryFn: ({ signal }) => api.get<Components>("/components", { signal }),
  staleTime: 60_000,
});

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: ({ signal }) => api.get<TokenList>("/tokens", { query: { page_size: 1000 }, signal }),
});
