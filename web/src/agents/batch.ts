import { api } from "../api/client";
import type { BatchRequest, BatchResult } from "../api/types";

/** How many agents one request takes. */
export const batchSize = 10_000;

export type Act = Omit<BatchRequest, "ids" | "selector">;

/** What became of a batch. */
export interface Outcome {
  /** Of all that were asked for so far. */
  result: BatchResult;
  /** Those that it did not come to, or of whom nobody knows, since the request for them failed. */
  left: readonly string[];
  /** Why it ended before it was done. */
  error?: unknown;
}

export const nothingDone: BatchResult = { total: 0, succeeded: 0, failed: 0, results: [] };

/**
 * runBatch does the same to all agents, in as many requests as it takes, and tells after each how many are done. Where
 * a request fails it stops: what was done before is done. The caller has confirmed the number of agents.
 */
export async function runBatch(
  ids: readonly string[],
  act: Act,
  progress: (done: number) => void,
  before: BatchResult = nothingDone,
): Promise<Outcome> {
  const result: BatchResult = { ...before, results: [...before.results] };
  for (let from = 0; from < ids.length; from += batchSize) {
    const part = ids.slice(from, from + batchSize);
    const query = { confirm_agents: ids.length };
    let answer: BatchResult;
    try {
      answer = await api.post<BatchResult>("/agents:batch", { ...act, ids: part } satisfies BatchRequest, { query });
    } catch (error) {
      return { result, left: ids.slice(from), error };
    }
    result.total += answer.total;
    result.succeeded += answer.succeeded;
    result.failed += answer.failed;
    result.results.push(...answer.results);
    progress(Math.min(from + batchSize, ids.length));
  }
  return { result, left: [] };
}

/** agents writes a number of them. */
export function agents(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "agent" : "agents"}`;
}
