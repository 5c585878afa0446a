import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { api } from "../api/client";
import { keys } from "../api/queries";
import type { Role } from "../api/types";

// What is waited for comes in milliseconds, or much later on a busy machine.
configure({ asyncUtilTimeout: 20_000 });
vi.setConfig({ testTimeout: 60_000 });

/** What the server answers to GET, by path. */
export type Answers = Record<string, (query: Record<string, unknown>) => unknown>;

/** show renders a part of the dashboard at an address, before a server that answers as it is told. */
export function show(children: ReactNode, address: string, answers: Answers, role: Role = "admin") {
  const location = memoryLocation({ path: address, record: true });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(keys.session, { auth_mode: "none", name: "", role });
  const get = vi.spyOn(api, "get").mockImplementation((path, options) => {
    const answer = answers[path];
    return answer
      ? Promise.resolve(answer(options?.query ?? {}) as never)
      : Promise.reject(new Error(`no answer to ${path}`));
  });
  const tree = (inside: ReactNode) => (
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <Router hook={location.hook} searchHook={location.searchHook}>
          {inside}
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  );
  const view = render(tree(children));
  return { client, get, history: location.history, rerender: (inside: ReactNode) => view.rerender(tree(inside)) };
}
