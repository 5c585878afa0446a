import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError } from "../api/problem";
import { newQueryClient } from "../api/queries";
import { ChangeDialog, type Change } from "./ChangeDialog";
import { newDraft } from "./draftOf";

vi.setConfig({ testTimeout: 60_000 }); // a dialog takes seconds in jsdom on a busy machine
const patience = { timeout: 30_000 };

const from = { ...newDraft, name: "edge", selector: "env=a", config: "a: 1\nb: 2\n" };
const to = { ...from, selector: "env=b", config: "a: 1\nb: 3\n" };
const change: Change = {
  title: "Save edge",
  verb: "Save",
  request: { config_id: "one", name: "edge", config: to.config, selector: to.selector, priority: 0 },
  from,
  to,
};
const reach = {
  valid: true,
  findings: [],
  total: 3,
  gains: 1,
  loses: 1,
  updates: 1,
  changes: [
    {
      id: "1",
      name: "agent-a",
      change: "gains",
      from: { config_id: "x", config_name: "old" },
      to: { config_id: "one", config_name: "edge" },
    },
    { id: "2", name: "agent-b", change: "loses", from: { config_id: "one", config_name: "edge" }, to: null },
    {
      id: "3",
      name: "agent-c",
      change: "updates",
      from: { config_id: "one", config_name: "edge" },
      to: { config_id: "one", config_name: "edge" },
    },
  ],
};

let answers: ((answer: unknown) => void)[] = [];
beforeEach(() => {
  answers = [];
  vi.stubGlobal("fetch", () => new Promise((resolve) => answers.push((body) => resolve(new Response(JSON.stringify(body))))));
});

/** Opens the dialog and answers its question, once it has asked. */
async function open(onConfirm: (confirm: number) => Promise<void>): Promise<(answer: unknown) => void> {
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={newQueryClient()}>
        <ChangeDialog change={change} onClose={vi.fn()} onConfirm={onConfirm} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await waitFor(() => expect(answers).toHaveLength(1), patience);
  return answers[0]!;
}

describe("the dialog before a change", () => {
  it("has no button that works before the agents are known, then repeats and confirms their number", async () => {
    const onConfirm = vi.fn(() => Promise.resolve());
    const answer = await open(onConfirm);
    const early = screen.getByText("Save").closest("button")!;
    expect(early.disabled).toBe(true);
    answer(reach);
    const button = (await screen.findByText("Save, send to 2 agents and take from 1", undefined, patience)).closest("button")!;
    expect(button.disabled).toBe(false);
    fireEvent.click(button);
    await waitFor(() => expect(onConfirm).toHaveBeenCalledWith(3), patience);
  });

  it("names the agents, and shows what differs", async () => {
    (await open(vi.fn()))(reach);
    await screen.findByText("agent-a", undefined, patience);
    expect(screen.getByText("Gets it")).toBeDefined();
    expect(screen.getByText("none: it keeps running what it has")).toBeDefined();
    expect(screen.getByText("env=a").tagName).toBe("DEL");
    expect(screen.getByText("env=b").tagName).toBe("INS");
    expect(screen.getByText("b: 3").closest("tr")!.dataset["kind"]).toBe("added");
  });

  it("refuses what the server would refuse, and says why", async () => {
    (await open(vi.fn()))({
      ...reach,
      valid: false,
      findings: [{ severity: "error", code: "x", path: "", line: 2, column: 1, message: "It is wrong." }],
    });
    await screen.findByText("Line 2: It is wrong.", undefined, patience);
    expect(screen.getByText(/^Save,/).closest("button")!.disabled).toBe(true);
  });

  it("shows why nothing was changed", async () => {
    const refused = new ApiError({ status: 409, detail: "this would reach 1200 connected agents at once" });
    (await open(() => Promise.reject(refused)))(reach);
    fireEvent.click(await screen.findByText(/^Save,/, undefined, patience));
    await screen.findByText(/This would reach 1200 connected agents at once/, undefined, patience);
  });
});
