import { describe, expect, it, vi } from "vitest";
import { agentNo as agent } from "./testdata";
import { AgentRows, firstPage, laterPages, type Page } from "./rows";

/** A server with so many agents; each page waits until it is let go where `held` is set. */
function server(count: number) {
  const requests: { size: number; token: string | undefined }[] = [];
  const held: (() => void)[] = [];
  const state = { hold: false, fail: undefined as Error | undefined };
  const fetchPage = async (size: number, token: string | undefined): Promise<Page> => {
    requests.push({ size, token });
    if (state.hold) {
      await new Promise<void>((resolve) => held.push(resolve));
    }
    if (state.fail) {
      throw state.fail;
    }
    const from = Number(token ?? 0);
    const to = Math.min(count, from + size);
    const agents = Array.from({ length: to - from }, (_, i) => agent(from + i));
    return { agents, total_size: count, next_page_token: to < count ? String(to) : undefined };
  };
  return { requests, held, state, fetchPage };
}

const settled = (rows: AgentRows) =>
  vi.waitFor(() => {
    expect(rows.loading).toBe(false);
  });

describe("AgentRows", () => {
  it("loads a small page first, and no more than is needed", async () => {
    const s = server(10_000);
    const rows = new AgentRows(s.fetchPage);
    rows.need(30);
    await settled(rows);
    expect([rows.loaded, rows.total, rows.complete]).toEqual([firstPage, 10_000, false]);
    rows.need(2500);
    await settled(rows);
    expect(rows.loaded).toBe(firstPage + 3 * laterPages);
    expect(rows.at(2500)?.host).toBe("host-2500");
    expect(rows.at(9000)).toBeUndefined();
    expect(s.requests.map((r) => r.size)).toEqual([firstPage, laterPages, laterPages, laterPages]);
  });

  it("goes on for one who scrolled on while a page was on its way", async () => {
    const s = server(5000);
    s.state.hold = true;
    const rows = new AgentRows(s.fetchPage);
    rows.need(0);
    rows.need(4000);
    s.state.hold = false;
    s.held.forEach((go) => {
      go();
    });
    await settled(rows);
    expect(rows.at(4000)?.id).toBe("id-4000");
  });

  it("loads all that match, for a selection of all", async () => {
    const s = server(2345);
    const rows = new AgentRows(s.fetchPage);
    expect((await rows.all()).length).toBe(2345);
    expect(rows.complete).toBe(true);
    expect(new Set(rows.ids()).size).toBe(2345);
  });

  it("knows of an empty list", async () => {
    const rows = new AgentRows(server(0).fetchPage);
    rows.need(0);
    await settled(rows);
    expect([rows.total, rows.complete]).toEqual([0, true]);
  });

  it("stops at a page that fails, keeps what it has and goes on when asked", async () => {
    const s = server(3000);
    const rows = new AgentRows(s.fetchPage);
    rows.need(0);
    await settled(rows);
    s.state.fail = new Error("no answer");
    rows.need(2000);
    await settled(rows);
    expect([rows.loaded, (rows.error as Error).message]).toEqual([firstPage, "no answer"]);
    rows.need(2500);
    expect(s.requests).toHaveLength(2);
    s.state.fail = undefined;
    rows.retry();
    await settled(rows);
    expect([rows.error, rows.at(2500)?.id]).toEqual([undefined, "id-2500"]);
  });

  it("fails to load all as the page fails", async () => {
    const s = server(3000);
    s.state.fail = new Error("no answer");
    await expect(new AgentRows(s.fetchPage).all()).rejects.toThrow("no answer");
  });

  it("never takes some for all when the list is given up meanwhile", async () => {
    const s = server(3000);
    s.state.hold = true;
    const rows = new AgentRows(s.fetchPage);
    const all = rows.all();
    rows.stop();
    s.state.fail = new DOMException("aborted", "AbortError");
    s.held.forEach((go) => {
      go();
    });
    await expect(all).rejects.toThrow("read anew meanwhile");
  });

  it("changes a row where it is, and says which agents it does not have", async () => {
    const rows = new AgentRows(server(50).fetchPage);
    rows.need(0);
    await settled(rows);
    const seen = vi.fn();
    rows.subscribe(seen);
    const strangers = rows.update([agent(7, { status: "unhealthy" }), agent(99)]);
    expect(strangers.map((a) => a.id)).toEqual(["id-99"]);
    expect([rows.at(7)?.status, rows.get("id-7")?.status, rows.loaded]).toEqual(["unhealthy", "unhealthy", 50]);
    expect(seen).toHaveBeenCalledTimes(1);
  });

  it("believes an event over a page that was on its way", async () => {
    const s = server(50);
    s.state.hold = true;
    const rows = new AgentRows(s.fetchPage);
    rows.need(0);
    rows.update([agent(3, { status: "unhealthy" })]);
    s.held.forEach((go) => {
      go();
    });
    await settled(rows);
    expect(rows.at(3)?.status).toBe("unhealthy");
    expect(rows.at(4)?.status).toBe("healthy");
  });

  it("names an agent once that two pages name", async () => {
    const pages: Page[] = [
      { agents: [agent(1), agent(2)], total_size: 4, next_page_token: "x" },
      { agents: [agent(2, { status: "unknown" }), agent(3)], total_size: 4 },
    ];
    const rows = new AgentRows(() => Promise.resolve(pages.shift() ?? { agents: [], total_size: 0 }));
    await rows.all();
    expect(rows.ids()).toEqual(["id-1", "id-2", "id-3"]);
    expect([rows.get("id-2")?.status, rows.total]).toEqual(["unknown", 3]);
  });

  it("takes out what is forgotten", async () => {
    const rows = new AgentRows(server(5).fetchPage);
    await rows.all();
    rows.remove(new Set(["id-1", "stranger"]));
    rows.remove(new Set(["id-1"]));
    expect([rows.ids(), rows.total]).toEqual([["id-0", "id-2", "id-3", "id-4"], 4]);
    rows.update([agent(4, { status: "unknown" })]);
    expect(rows.at(3)?.status).toBe("unknown");
  });

  it("asks for nothing once it is stopped", async () => {
    const s = server(3000);
    const rows = new AgentRows(s.fetchPage);
    rows.need(0);
    await settled(rows);
    rows.stop();
    rows.need(2000);
    expect(s.requests).toHaveLength(1);
  });
});
