import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { describe, expect, it, vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";

import { ConfirmByName } from "../ui/ConfirmByName";
import { useKeyboard } from "./useKeyboard";

function Page({ onHelp }: { onHelp: () => void }): ReactNode {
  useKeyboard(onHelp);
  return <input aria-label="Search" data-search />;
}

describe("useKeyboard", () => {
  it("goes, searches and helps, and not while one types", async () => {
    const user = userEvent.setup();
    const location = memoryLocation({ path: "/", record: true });
    const help = vi.fn();
    render(
      <Router hook={location.hook}>
        <Page onHelp={help} />
      </Router>,
    );
    await user.keyboard("ga");
    expect(location.history.at(-1)).toBe("/agents");
    await user.keyboard("gc");
    expect(location.history.at(-1)).toBe("/configs");
    await user.keyboard("?");
    expect(help).toHaveBeenCalledTimes(1);
    await user.keyboard("/");
    expect(document.activeElement).toBe(screen.getByLabelText("Search"));
    await user.keyboard("gf?");
    expect(screen.getByLabelText("Search")).toHaveProperty("value", "gf?");
    expect(location.history.at(-1)).toBe("/configs");
    expect(help).toHaveBeenCalledTimes(1);
  });
});

describe("ConfirmByName", () => {
  it("does nothing before the name is there, shows what went wrong, and closes when it is done", async () => {
    const user = userEvent.setup();
    const close = vi.fn();
    const confirm = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error("in use")).mockResolvedValueOnce(undefined);
    render(
      <MantineProvider>
        <ConfirmByName opened onClose={close} title="Delete a token" name="grafana" action="Delete token" onConfirm={confirm}>
          It is gone then.
        </ConfirmByName>
      </MantineProvider>,
    );
    const button = await screen.findByRole("button", { name: "Delete token" });
    const field = screen.getByLabelText(/Type/);
    expect(button).toHaveProperty("disabled", true);
    await user.type(field, "grafan{Enter}");
    expect(confirm).not.toHaveBeenCalled();
    await user.type(field, "a{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("In use");
    expect(close).not.toHaveBeenCalled();
    await user.click(button);
    expect(confirm).toHaveBeenCalledTimes(2);
    await vi.waitFor(() => expect(close).toHaveBeenCalledTimes(1), 20_000);
  });

  it.each([
    ["  web\u00a01  ", "web 1"],
    ["web  1\t", "web 1"],
    ["\u202eca\u200bfe\u0301", "caf\u00e9"],
  ])("takes %j as it can be typed", async (name, typed) => {
    const user = userEvent.setup();
    const confirm = vi.fn<() => Promise<void>>().mockResolvedValue(undefined);
    render(
      <MantineProvider env="test">
        <ConfirmByName opened onClose={() => undefined} title="Forget an agent" name={name} action="Forget" onConfirm={confirm}>
          It is gone then.
        </ConfirmByName>
      </MantineProvider>,
    );
    await user.type(await screen.findByRole("textbox"), `${typed.slice(0, -1)}{Enter}`);
    expect(confirm).not.toHaveBeenCalled();
    await user.type(screen.getByRole("textbox"), `${typed.slice(-1)}{Enter}`);
    expect(confirm).toHaveBeenCalledTimes(1);
  });
});
