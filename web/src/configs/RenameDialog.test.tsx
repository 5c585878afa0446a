import { MantineProvider } from "@mantine/core";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Preview } from "../api/types";
import { newDraft } from "./draftOf";
import { RenameDialog } from "./RenameDialog";

vi.setConfig({ testTimeout: 60_000 }); // a dialog takes seconds in jsdom on a busy machine
const patience = { timeout: 30_000 };

const agents = { total: 2, applied: 2, applying: 0, pending: 0, failed: 0, unsupported: 0 };
const config = { ...newDraft, id: "one", name: "b", version: 1, hash: "h", agents, created_at: "", updated_at: "" };
const nobody: Preview = {
  valid: true,
  findings: [],
  total: 2,
  gains: 0,
  loses: 0,
  updates: 0,
  changes: [],
  changes_truncated: false,
};

let reach = nobody;
let stored: string[] = [];

beforeEach(() => {
  stored = [];
  vi.stubGlobal("fetch", (address: string, init: RequestInit) => {
    if (address.endsWith("/configs/preview")) return Promise.resolve(Response.json(reach));
    const { name } = JSON.parse(init.body as string) as { name: string };
    stored.push(`${init.method ?? "GET"} ${address.replace(/^.*\/api\/v1/, "")} ${name}`);
    return Promise.resolve(Response.json({ ...config, name }, { headers: { ETag: '"2"' } }));
  });
});
afterEach(() => vi.unstubAllGlobals());

function open() {
  const onStored = vi.fn();
  render(
    <MantineProvider env="test">
      <RenameDialog opened tagged={{ config, etag: '"1"' }} onClose={vi.fn()} onStored={onStored} />
    </MantineProvider>,
  );
  const field = screen.getByLabelText("New name");
  fireEvent.change(field, { target: { value: "a" } });
  return { onStored, field };
}

const press = (name: string) => fireEvent.click(screen.getByText(name).closest("button")!);

describe("renaming", () => {
  it("is done at once where no agent is sent anything", async () => {
    reach = nobody;
    const { onStored } = open();
    press("Rename");
    await waitFor(() => expect(onStored).toHaveBeenCalled(), patience);
    expect(stored).toEqual(["PUT /configs/one?confirm_agents=0 a"]);
  });

  it("says how many agents the name moves, and confirms their number with the second press", async () => {
    reach = { ...nobody, gains: 1_200, changes_truncated: true };
    const { onStored, field } = open();
    press("Rename");
    await screen.findByText("1,200 agents get it newly.", undefined, patience);
    expect(stored).toEqual([]);
    fireEvent.change(field, { target: { value: "aa" } }); // another name is another question
    expect(screen.queryByText("1,200 agents get it newly.")).toBeNull();
    press("Rename");
    await screen.findByText("Rename and send to 1,200 agents", undefined, patience);
    press("Rename and send to 1,200 agents");
    await waitFor(() => expect(onStored).toHaveBeenCalled(), patience);
    expect(stored).toEqual(["PUT /configs/one?confirm_agents=1200 aa"]);
  });
});
