import { MantineProvider } from "@mantine/core";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";

import { api } from "../api/client";
import { ApiError } from "../api/problem";
import { NewTokenDialog } from "./NewTokenDialog";

vi.setConfig({ testTimeout: 60_000 }); // a dialog takes seconds in jsdom on a busy machine
const patience = { timeout: 30_000 };

function open() {
  const onClose = vi.fn();
  render(
    <MantineProvider env="test">
      <NewTokenDialog opened onClose={onClose} onMade={vi.fn()} />
    </MantineProvider>,
  );
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "grafana" } });
  return onClose;
}

const escape = () => fireEvent.keyDown(document.activeElement ?? document.body, { key: "Escape", bubbles: true });
const press = (name: string) => fireEvent.click(screen.getByText(name).closest("button")!);

describe("making a token", () => {
  it("is given up with Escape, but not once the token is made or on its way: only Done closes it then", async () => {
    let answer: (made: unknown) => void = () => {};
    vi.spyOn(api, "post").mockImplementation(() => new Promise((resolve) => (answer = resolve)));
    const onClose = open();
    escape();
    expect(onClose).toHaveBeenCalledTimes(1);
    press("Make token");
    escape();
    answer({ id: "1", name: "grafana", role: "read", token: "secret-text" });
    await screen.findByText("secret-text", undefined, patience);
    escape();
    fireEvent.mouseDown(document.querySelector(".mantine-Modal-inner")!);
    fireEvent.click(document.querySelector(".mantine-Modal-inner")!);
    expect(screen.queryByLabelText("Close")).toBeNull();
    expect(onClose).toHaveBeenCalledTimes(1);
    press("Done");
    expect(onClose).toHaveBeenCalledTimes(2);
  });

  it("can be given up where it failed", async () => {
    vi.spyOn(api, "post").mockRejectedValue(new ApiError({ status: 503, detail: "the store is full" }));
    const onClose = open();
    press("Make token");
    await screen.findByText(/The store is full/, undefined, patience);
    escape();
    await waitFor(() => expect(onClose).toHaveBeenCalledTimes(1), patience);
  });
});
