import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../api/client";
import type { BatchRequest, BatchResult } from "../api/types";
import { agents, batchSize, runBatch } from "./batch";

afterEach(() => vi.restoreAllMocks());

function answer(ids: string[]): BatchResult {
  const results = ids.map((id) => ({
    id,
    name: id,
    status: id === "3" ? 409 : 200,
    error: id === "3" ? "not connected" : "",
  }));
  const failed = results.filter((r) => r.error !== "").length;
  return { total: ids.length, succeeded: ids.length - failed, failed, results };
}

describe("runBatch", () => {
  it("asks once for few, with the number that was confirmed", async () => {
    const post = vi
      .spyOn(api, "post")
      .mockImplementation((_, body) => Promise.resolve(answer((body as BatchRequest).ids ?? [])));
    const { result, left } = await runBatch(["1", "2", "3"], { action: "restart" }, () => undefined);
    expect(post.mock.calls).toEqual([
      ["/agents:batch", { action: "restart", ids: ["1", "2", "3"] }, { query: { confirm_agents: 3 } }],
    ]);
    expect([result.total, result.succeeded, result.failed]).toEqual([3, 2, 1]);
    expect(left).toEqual([]);
  });

  it("asks several times for more than one request takes, and adds up", async () => {
    vi.spyOn(api, "post").mockImplementation((_, body) => Promise.resolve(answer((body as BatchRequest).ids ?? [])));
    const ids = Array.from({ length: 2 * batchSize + 5 }, (_, i) => String(i));
    const seen: number[] = [];
    const { result } = await runBatch(ids, { action: "retry" }, (done) => seen.push(done));
    expect(seen).toEqual([batchSize, 2 * batchSize, 2 * batchSize + 5]);
    expect([result.total, result.failed, result.results.length]).toEqual([ids.length, 1, ids.length]);
  });

  it("tells what was done before a request failed, and goes on from there", async () => {
    let works = 1;
    vi.spyOn(api, "post").mockImplementation((_, body) =>
      works-- > 0 ? Promise.resolve(answer((body as BatchRequest).ids ?? [])) : Promise.reject(new Error("the server is away")),
    );
    const ids = Array.from({ length: 2 * batchSize + 5 }, (_, i) => String(i));
    const broken = await runBatch(ids, { action: "retry" }, () => undefined);
    expect(broken.error).toEqual(new Error("the server is away"));
    expect([broken.result.total, broken.left.length, broken.left[0]]).toEqual([batchSize, batchSize + 5, String(batchSize)]);
    works = 2;
    const whole = await runBatch(broken.left, { action: "retry" }, () => undefined, broken.result);
    expect(whole).toMatchObject({ left: [], result: { total: ids.length, failed: 1 } });
    expect(whole.error).toBeUndefined();
    expect(broken.result.results).toHaveLength(batchSize);
  });

  it("writes numbers of agents", () => {
    expect([agents(1), agents(0), agents(12_345)]).toEqual(["1 agent", "0 agents", "12,345 agents"]);
  });
});
