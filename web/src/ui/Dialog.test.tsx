import { Button, MantineProvider, Menu } from "@mantine/core";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState, type ReactNode } from "react";
import { describe, expect, it } from "vitest";

import { Dialog } from "./Dialog";

/** A page with one dialog, opened by a button, from a menu, and by a button that goes. */
function Page({ taken }: { taken: boolean }): ReactNode {
  const [opened, setOpened] = useState(false);
  const [there, setThere] = useState(true);
  const close = (): void => setOpened(false);
  return (
    <main id="main" tabIndex={-1}>
      <Button onClick={() => setOpened(true)}>Restart</Button>
      <Menu>
        <Menu.Target>
          <button type="button">More</button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setOpened(true)}>Forget</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {there && <Button onClick={() => setOpened(true)}>Delete</Button>}
      {(opened || !taken) && (
        <Dialog opened={opened} onClose={close} title="Sure?">
          <Button onClick={() => setThere(false)}>Yes</Button>
        </Dialog>
      )}
    </main>
  );
}

describe.each([true, false])("Dialog, taken off the page when it closes: %s", (taken) => {
  const closed = async (): Promise<void> => {
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  };
  const open = (): void => {
    render(
      <MantineProvider env="test">
        <Page taken={taken} />
      </MantineProvider>,
    );
  };

  it("gives the focus back to the button that opened it", async () => {
    open();
    await userEvent.click(screen.getByRole("button", { name: "Restart" }));
    await screen.findByRole("dialog");
    await closed();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Restart" }));
  });

  it("gives it to the menu's button where it was opened from the menu", async () => {
    open();
    await userEvent.click(screen.getByRole("button", { name: "More" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Forget" }));
    await screen.findByRole("dialog");
    await closed();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "More" }));
  });

  it("gives it to the page where the button has gone", async () => {
    open();
    await userEvent.click(screen.getByRole("button", { name: "Delete" }));
    await userEvent.click(await screen.findByRole("button", { name: "Yes" }));
    await closed();
    expect(document.activeElement).toBe(screen.getByRole("main"));
  });
});
