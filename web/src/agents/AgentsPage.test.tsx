import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../api/client";
import type { Batch } from "../api/live";
import type { BatchRequest } from "../api/types";
import AgentsPage from "./AgentsPage";
import { batchSize } from "./batch";
import { BatchDialog } from "./BatchDialog";
import { AgentRows } from "./rows";
import { agentNo } from "./testdata";
import { show } from "./testpage";

let tell: (batch: Batch) => void = () => undefined;
vi.mock("../app/live", () => ({
  useLiveBatch: (listener: (batch: Batch) => void) => {
    tell = listener;
  },
}));

const nothing: Batch = { agents: new Map(), forgotten: new Set(), configs: new Set(), reset: false, count: 1 };

beforeEach(() => {
  // jsdom lays nothing out: without a height, a virtual table shows no row.
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(1200);
});

afterEach(() => vi.useRealTimers());

function open(address: string, role: "admin" | "read" = "admin") {
  const asked: Record<string, unknown>[] = [];
  const shown = show(
    <AgentsPage />,
    address,
    {
      "/configs": () => ({ configs: [], total_size: 0 }),
      "/agents": (query) => {
        asked.push(query);
        const all = [1, 2, 3, 4, 5]
          .map((i) => agentNo(i))
          .filter((a) => a.name.includes(typeof query["q"] === "string" ? query["q"] : ""));
        return { agents: all, total_size: all.length };
      },
    },
    role,
  );
  return { ...shown, asked };
}

/** scrolls has elements scroll, which jsdom does not do by itself. */
function scrolls(height: number) {
  vi.spyOn(Element.prototype, "scrollHeight", "get").mockReturnValue(height);
  Element.prototype.scrollTo = function (this: Element, to?: ScrollToOptions | number) {
    this.scrollTop = typeof to === "object" ? (to.top ?? 0) : 0;
    this.dispatchEvent(new Event("scroll"));
  };
}

const row = (name: string) => screen.findByRole("row", { name: new RegExp(name) });

describe("the page of agents", () => {
  it("lists what the address asks for, and leads to each agent", async () => {
    const { asked } = open("/agents?selector=env%3Dproduction&order_by=status+desc");
    const first = await row("edge-1");
    expect(within(first).getByText("Healthy")).toBeTruthy();
    expect(within(first).getByRole("link", { name: "edge-1" }).getAttribute("href")).toBe(
      "/agents/id-1?selector=env%3Dproduction&order_by=status+desc",
    );
    expect(asked[0]).toMatchObject({ selector: "env=production", order_by: "status desc", page_size: 100 });
    expect(screen.getByText("5 agents match")).toBeTruthy();
    expect(screen.getByRole("columnheader", { name: "Status" }).getAttribute("aria-sort")).toBe("descending");
  });

  it("puts what is typed and pressed into the address", async () => {
    const user = userEvent.setup();
    const { history, asked } = open("/agents");
    await row("edge-5");
    await user.type(screen.getByRole("textbox", { name: "Search agents" }), "edge-3");
    await screen.findByText("1 agent matches");
    expect(history.at(-1)).toBe("/agents?q=edge-3");
    expect(screen.queryByText("edge-5")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Version" }));
    await waitFor(() => {
      expect(asked.at(-1)).toMatchObject({ q: "edge-3", order_by: "version" });
    });
    expect(history.at(-1)).toBe("/agents?q=edge-3&order_by=version");
  });

  it("changes a row where it is when an event comes", async () => {
    open("/agents");
    const third = await row("edge-3");
    const agents = new Map([["id-3", agentNo(3, { status: "unhealthy" })]]);
    act(() => tell({ ...nothing, agents }));
    expect(within(third).getByText("Unhealthy")).toBeTruthy();
    expect(screen.getAllByRole("link").map((a) => a.textContent)).toEqual([
      "edge-1",
      "edge-2",
      "edge-3",
      "edge-4",
      "edge-5",
    ]);
  });

  it("takes one that somebody else forgets out, but not from under one who is about to press", async () => {
    const user = userEvent.setup();
    open("/agents");
    await row("edge-2");
    act(() => tell({ ...nothing, forgotten: new Set(["id-2"]) }));
    expect(screen.queryByText("edge-2")).toBeNull();
    expect(screen.getByText("4 agents")).toBeTruthy();
    await user.click(within(await row("edge-3")).getByRole("checkbox"));
    act(() => tell({ ...nothing, forgotten: new Set(["id-3"]) }));
    expect(within(await row("edge-3")).getByText("Forgotten")).toBeTruthy();
    expect(screen.getByRole("button", { name: "The list has changed: show it anew" })).toBeTruthy();
  });

  it("does to many what its button says, and shows what became of each", async () => {
    const user = userEvent.setup();
    const post = vi.spyOn(api, "post").mockImplementation((_, body) => {
      const results = ((body as BatchRequest).ids ?? []).map((id) => ({
        id,
        name: id,
        status: id === "id-3" ? 409 : 202,
        error: id === "id-3" ? "it is not connected" : "",
      }));
      return Promise.resolve({ total: results.length, succeeded: results.length - 1, failed: 1, results } as never);
    });
    open("/agents");
    await user.click(within(await row("edge-2")).getByRole("checkbox"));
    await user.keyboard("{Shift>}");
    await user.click(screen.getByRole("checkbox", { name: "Select edge-4" }));
    await user.keyboard("{/Shift}");
    const bar = screen.getByRole("region", { name: "Selected agents" });
    expect(within(bar).getByText("3 agents selected")).toBeTruthy();
    await user.click(within(bar).getByRole("button", { name: "Restart" }));
    const dialog = await screen.findByRole("dialog", { name: "Restart" });
    expect(within(dialog).getByText("edge-3")).toBeTruthy();
    expect(post).not.toHaveBeenCalled();
    await user.click(within(dialog).getByRole("button", { name: "Restart 3 agents" }));
    expect(await within(dialog).findByText("Done for 2 of 3 agents; it failed for 1.")).toBeTruthy();
    expect(within(dialog).getAllByRole("row")[1]?.textContent).toBe("id-3it is not connected (409)");
    expect(post.mock.calls[0]?.[1]).toEqual({ action: "restart", ids: ["id-2", "id-3", "id-4"] });
  });

  it("shows what was done before a batch was broken off, and goes on with the rest", async () => {
    const user = userEvent.setup();
    let works = false;
    vi.spyOn(api, "post").mockImplementation((_, body) => {
      const ids = (body as BatchRequest).ids ?? [];
      if (ids.includes("id-1") && !works) return Promise.reject(new Error("the store is away"));
      const results = ids.map((id) => ({ id, name: id, status: 200, error: "" }));
      return Promise.resolve({ total: ids.length, succeeded: ids.length, failed: 0, results } as never);
    });
    const many = Array.from({ length: batchSize }, (_, i) => `other-${i}`);
    const rows = new AgentRows(() => new Promise(() => undefined));
    show(<BatchDialog kind="restart" ids={[...many, "id-1"]} rows={rows} onClose={vi.fn()} onDone={vi.fn()} />, "/agents", {});
    const dialog = await screen.findByRole("dialog", { name: "Restart" });
    await user.click(within(dialog).getByRole("button", { name: "Restart 10,001 agents" }));
    expect(await within(dialog).findByText("Done for 10,000 agents. 1 agent is left.")).toBeTruthy();
    expect(within(dialog).getByRole("alert").textContent).toMatch(/It was broken off.*The store is away/);
    expect(within(dialog).getAllByRole("row")[1]?.textContent).toBe("id-1Not done, as far as is known");
    works = true;
    await user.click(within(dialog).getByRole("button", { name: "Restart 1 agent" }));
    expect(await within(dialog).findByText("Done for 10,001 agents.")).toBeTruthy();
    expect(within(dialog).queryByRole("alert")).toBeNull();
  });

  it("does not say of agents that it does not show that they have no configuration", async () => {
    const user = userEvent.setup();
    open("/agents");
    await user.click(within(await row("edge-2")).getByRole("checkbox"));
    await user.type(screen.getByRole("textbox", { name: "Search agents" }), "edge-3");
    await screen.findByText("1 agent matches");
    await user.click(within(await row("edge-3")).getByRole("checkbox"));
    await user.click(screen.getByRole("button", { name: "Restart" }));
    const dialog = await screen.findByRole("dialog", { name: "Restart" });
    expect(within(dialog).getByText("2 agents: now 1 with no configuration, 1 that the list does not show now.")).toBeTruthy();
  });

  it("keeps a row that the tabulator reaches, however few are left", async () => {
    const user = userEvent.setup();
    open("/agents");
    within(await row("edge-1")).getByRole("link").focus();
    await user.keyboard("{End}");
    await waitFor(() => expect(document.activeElement?.textContent).toBe("edge-5"));
    await user.type(screen.getByRole("textbox", { name: "Search agents" }), "edge-3");
    await screen.findByText("1 agent matches");
    expect(within(await row("edge-3")).getByRole("link").tabIndex).toBe(0);
  });

  it("has the focus on the last of many once it is there, and nowhere else meanwhile", async () => {
    const user = userEvent.setup();
    const total = 2_500;
    scrolls(total * 32);
    const waiting: (() => void)[] = [];
    show(<AgentsPage />, "/agents", {
      "/configs": () => ({ configs: [], total_size: 0 }),
      "/agents": ({ page_size, page_token }) => {
        const from = Number(page_token ?? 0);
        const to = Math.min(total, from + Number(page_size));
        const agents = Array.from({ length: to - from }, (_, i) => agentNo(from + i));
        const page = { agents, total_size: total, next_page_token: to < total ? String(to) : undefined };
        return from === 0 ? page : new Promise((answer) => waiting.push(() => answer(page)));
      },
    });
    (await screen.findByText("edge-0")).closest("a")!.focus();
    await user.keyboard("{End}");
    const scroller = document.querySelector("[role=table]")!.parentElement;
    await waitFor(() => expect(document.activeElement).toBe(scroller));
    expect(screen.getAllByLabelText("Loading").length).toBeGreaterThan(10);
    for (let page = 2; page <= 4; page++) {
      await waitFor(() => expect(waiting.length).toBe(1));
      expect(document.activeElement).toBe(scroller);
      waiting.pop()?.();
    }
    await waitFor(() => expect(document.activeElement?.textContent).toBe("edge-2499"));
    await user.keyboard("{ArrowUp}");
    await waitFor(() => expect(document.activeElement?.textContent).toBe("edge-2498"));
  });

  it("keeps the focus in a row that is scrolled out of sight", async () => {
    const user = userEvent.setup();
    scrolls(500 * 32);
    show(<AgentsPage />, "/agents", {
      "/configs": () => ({ configs: [], total_size: 0 }),
      "/agents": () => ({ agents: Array.from({ length: 500 }, (_, i) => agentNo(i)), total_size: 500 }),
    });
    const link = (await screen.findByText("edge-1")).closest("a")!;
    link.focus();
    act(() => document.querySelector("[role=table]")!.parentElement!.scrollTo({ top: 400 * 32 }));
    await screen.findByText("edge-401");
    expect(document.activeElement).toBe(link);
    await user.keyboard("{ArrowDown}");
    await waitFor(() => expect(document.activeElement?.textContent).toBe("edge-2"));
  });

  it("keeps what it shows where it cannot be read again, and tries until it can", async () => {
    let fails = false;
    let name = "edge-1";
    show(<AgentsPage />, "/agents", {
      "/configs": () => ({ configs: [], total_size: 0 }),
      "/agents": () => {
        if (fails) throw new Error("the server is being upgraded");
        return { agents: [agentNo(1, { name })], total_size: 1 };
      },
    });
    await row("edge-1");
    fails = true;
    act(() => tell({ ...nothing, reset: true }));
    expect((await screen.findByRole("alert")).textContent).toMatch(/may be out of date.*The server is being upgraded/);
    act(() => tell({ ...nothing, agents: new Map([["id-1", agentNo(1, { status: "unhealthy" })]]) }));
    expect(within(await row("edge-1")).getByText("Unhealthy")).toBeTruthy(); // and it lives on
    fails = false;
    name = "edge-new";
    await row("edge-new");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("does not break off a reading that takes longer than the time to the next", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    let answers = 0;
    let slow = false;
    show(<AgentsPage />, "/agents?order_by=status", {
      "/configs": () => ({ configs: [], total_size: 0 }),
      "/agents": () => {
        answers++;
        const list = { agents: [agentNo(1, { name: `reading-${answers}` })], total_size: 1 };
        return slow ? new Promise((answer) => setTimeout(() => answer(list), 5_000)) : list;
      },
    });
    await row("reading-1");
    slow = true;
    act(() => tell({ ...nothing, agents: new Map([["id-1", agentNo(1, { status: "unhealthy" })]]) }));
    await act(() => vi.advanceTimersByTimeAsync(20_000));
    expect(answers).toBe(2);
    expect(await row("reading-2")).toBeTruthy();
  });

  it("offers no acts to one who may only read", async () => {
    open("/agents", "read");
    await row("edge-2");
    expect(screen.queryByRole("checkbox", { name: /^Select/ })).toBeNull();
  });

  it("says that nothing matches, and goes back to all", async () => {
    const user = userEvent.setup();
    const { history } = open("/agents?q=nothing");
    await screen.findByText("No agent matches");
    await user.click(screen.getAllByRole("button", { name: "Clear filters" })[0]!);
    await row("edge-1");
    expect(history.at(-1)).toBe("/agents");
  });

  it("says what failed, and tries again", async () => {
    const user = userEvent.setup();
    let works = false;
    show(<AgentsPage />, "/agents", {
      "/configs": () => ({ configs: [], total_size: 0 }),
      "/agents": () => {
        if (!works) throw new Error("the store is away");
        return { agents: [agentNo(1)], total_size: 1 };
      },
    });
    expect((await screen.findByRole("alert")).textContent).toMatch(/The agents could not be loaded.*The store is away/);
    works = true;
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await row("edge-1");
  });
});
