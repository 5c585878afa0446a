import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, request, segment } from "../api/client";
import { keys } from "../api/queries";
import type { AgentList, Config, Preview, PreviewRequest, Validation, Version, VersionList } from "../api/types";
import type { Draft } from "./draft";

/** A configuration and the tag of what an operator has written of it. */
export interface Tagged {
  config: Config;
  etag: string;
}

const path = (ref: string): string => `/configs/${segment(ref)}`;

// The keys begin with "configs", so that live events renew counts, versions and agents alike.

export function taggedConfigQuery(ref: string) {
  return queryOptions({
    queryKey: [...keys.configs, ref, "tagged"],
    queryFn: async ({ signal }): Promise<Tagged> => {
      const { data, etag } = await request<Config>("GET", path(ref), { signal });
      return { config: data, etag };
    },
  });
}

export function configAgentsQuery(ref: string, pageSize = 100) {
  return infiniteQueryOptions({
    queryKey: [...keys.configs, ref, "agents", pageSize],
    queryFn: ({ signal, pageParam }) =>
      api.get<AgentList>(`${path(ref)}/agents`, { query: { page_size: pageSize, page_token: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_page_token,
  });
}

export function versionsQuery(ref: string) {
  return infiniteQueryOptions({
    queryKey: [...keys.configs, ref, "versions"],
    queryFn: ({ signal, pageParam }) =>
      api.get<VersionList>(`${path(ref)}/versions`, {
        query: { page_size: 100, order_by: "version desc", page_token: pageParam },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_page_token,
  });
}

// A version never changes, so neither does what is between two. They are kept apart from what events renew.

export function versionQuery(id: string, version: number) {
  return queryOptions({
    queryKey: ["version", id, version],
    queryFn: ({ signal }) => api.get<Version>(`${path(id)}/versions/${version}`, { signal }),
    staleTime: Infinity,
  });
}

export function diffQuery(id: string, from: number, to: number) {
  return queryOptions({
    queryKey: ["version", id, "diff", from, to],
    queryFn: ({ signal }) => api.text(`${path(id)}/diff`, { query: { from, to }, signal }),
    staleTime: Infinity,
  });
}

/** The checks of one text. Another text is another query, so that no answer is shown for a text that it is not about. */
export function validationQuery(text: string) {
  return queryOptions({
    queryKey: ["validation", text],
    queryFn: ({ signal }) => api.post<Validation>("/configs/validate", { config: text }, { signal }),
    staleTime: 60_000,
    gcTime: 10_000, // texts are long, and each change of one is another
  });
}

/** Which agents a change would reach, for the page that is being typed in: the last answer stays until the next one. */
export function previewQuery(change: PreviewRequest) {
  return queryOptions({
    queryKey: ["preview", change],
    queryFn: ({ signal }) => preview(change, signal),
    staleTime: 5_000,
    gcTime: 10_000,
    placeholderData: keepPreviousData,
  });
}

export function preview(change: PreviewRequest, signal?: AbortSignal): Promise<Preview> {
  return api.post<Preview>("/configs/preview", change, signal ? { signal } : {});
}

/** What a preview is asked with for this draft; id is empty for a new configuration. */
export function previewOf(id: string, draft: Draft): PreviewRequest {
  const { name, config, selector, priority } = draft;
  return { ...(id === "" ? {} : { config_id: id }), name, config, selector, priority };
}

/** Stores a draft: over the state with this tag, or as a new configuration. */
export async function store(id: string, draft: Draft, etag: string, confirm: number): Promise<Tagged> {
  const options = { body: draft, query: { confirm_agents: confirm } };
  const { data, etag: now } =
    id === "" ? await request<Config>("POST", "/configs", options) : await request<Config>("PUT", path(id), { ...options, ifMatch: etag });
  return { config: data, etag: now };
}

export async function rollBack(id: string, version: number, etag: string, confirm: number): Promise<Tagged> {
  const { data, etag: now } = await request<Config>("POST", `${path(id)}/rollback`, {
    body: { version },
    query: { confirm_agents: confirm },
    ifMatch: etag,
  });
  return { config: data, etag: now };
}

export function remove(id: string, etag: string, detach: boolean, confirm: number): Promise<void> {
  return api.delete(path(id), { query: detach ? { detach, confirm_agents: confirm } : {}, ifMatch: etag });
}
