import { api } from "../api/client";
import type { BatchRequest, BatchResult } from "../api/types";

/** How many agents one request takes. */
export const batchSize = 10_000;

export type Act = Omit<BatchRequest, "ids" | "selector">;

/**
 * runBatch does the same to all agents, in as many requests as it takes, and tells after each how many are done. The
 * caller has confirmed the number of them.
 */
export async function runBatch(
  ids: readonly string[],
  act: Act,
  progress: (done: number) => void,
): Promise<BatchResult> {
  const result: BatchResult = { total: 0, succeeded: 0, failed: 0, results: [] };
  for (let from = 0; from < ids.length; from += batchSize) {
    const part = ids.slice(from, from + batchSize);
    const query = { confirm_agents: ids.length };
    const answer = await api.post<BatchResult>("/agents:batch", { ...act, ids: part } satisfies BatchRequest, {
      query,
    });
    result.total += answer.total;
    result.succeeded += answer.succeeded;
    result.failed += answer.failed;
    result.results.push(...answer.results);
    progress(result.total);
  }
  return result;
}

/** agents writes a number of them. */
export function agents(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "agent" : "agents"}`;
}
