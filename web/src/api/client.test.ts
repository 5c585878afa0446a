import { describe, expect, it, vi } from "vitest";

import { downloadCsv } from "../agents/csv";
import { defaultView } from "../agents/view";
import { address, api, onSignedOut } from "./client";
import { advice, ApiError } from "./problem";

function answers(status: number, body: string, headers: Record<string, string>): void {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(status === 204 ? null : body, { status, headers })));
}

async function failure(): Promise<ApiError> {
  const error: unknown = await api.get("/agents").then(() => undefined, (thrown: unknown) => thrown);
  if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
  return error;
}

describe("address", () => {
  it("leaves out what says nothing and joins lists", () => {
    expect(address("/agents", { q: "", status: ["healthy", "unknown"], connected: false, selector: undefined, page_size: 50 })).toBe(
      "/api/v1/agents?status=healthy%2Cunknown&connected=false&page_size=50",
    );
  });
});

describe("api", () => {
  it("reads a problem with its findings and the request's id", async () => {
    const finding = { severity: "error", code: "x", path: "", line: 3, column: 1, message: "no" };
    answers(422, JSON.stringify({ type: "about:blank", title: "T", status: 422, detail: "D", instance: "r-1", errors: [finding] }), {
      "Content-Type": "application/problem+json",
    });
    expect(await failure()).toMatchObject({ status: 422, title: "T", detail: "D", requestId: "r-1", findings: [finding] });
  });

  it("makes sense of what is not the server's", async () => {
    answers(502, "<html>bad gateway</html>", { "Content-Type": "text/html", "X-Request-Id": "r-2" });
    expect(await failure()).toMatchObject({ status: 502, requestId: "r-2" });
    answers(200, "<html>sign in to the hotel</html>", { "Content-Type": "text/html" });
    expect((await failure()).detail).toContain("is not JSON");
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await failure()).toMatchObject({ status: 0 });
  });

  it("knows an answer that breaks off from a page that fails", async () => {
    const broken = (): Promise<Response> =>
      Promise.resolve(new Response(new ReadableStream({ start: (controller) => controller.error(new TypeError("network error")) })));
    vi.stubGlobal("fetch", broken);
    expect(await failure()).toMatchObject({ status: 0 });
    await expect(api.text("/packages/")).rejects.toMatchObject({ status: 0 });
    await expect(downloadCsv(defaultView)).rejects.toMatchObject({ status: 0 });
  });

  it.each([
    [{ detail: ["not", "a text"], title: { a: 1 }, errors: { a: 1 }, instance: 7 }],
    [{ detail: null, errors: [null, "x", { message: 1, path: "" }] }],
    [null],
    [[]],
  ])("shows what another's JSON can be shown of: %j", async (body) => {
    answers(403, JSON.stringify(body), { "Content-Type": "application/json", "X-Request-Id": "r-3" });
    const error = await failure();
    expect(error).toMatchObject({ status: 403, title: "", detail: "", requestId: "r-3", findings: [] });
    expect(error.message).toBe("the server answered 403");
  });

  it("tells of a session that is over, once for each request, and not where signing in failed", async () => {
    const over = vi.fn();
    onSignedOut(over);
    answers(401, "{}", { "Content-Type": "application/problem+json" });
    await failure();
    expect(over).toHaveBeenCalledTimes(1);
    await expect(api.post("/session", { token: "x" })).rejects.toMatchObject({ status: 401 });
    expect(over).toHaveBeenCalledTimes(1);
  });

  it("takes an answer without a body", async () => {
    answers(204, "", {});
    await expect(api.delete("/tokens/x")).resolves.toBeUndefined();
  });
});

describe("advice", () => {
  it.each([-1, 0, 400, 401, 403, 404, 409, 412, 413, 422, 429, 500, 502, 503])("says what to do about %i", (status) => {
    expect(advice(new ApiError({ status }))).toMatch(/^[A-Z].*\.$/);
  });
});
