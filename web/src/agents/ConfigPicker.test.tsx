import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { ConfigPicker, noConfig } from "./ConfigPicker";
import { Filters } from "./Filters";
import { show } from "./testpage";
import { defaultView, type AgentsView } from "./view";

const all = Array.from({ length: 2_500 }, (_, i) => ({ id: `id-${i}`, name: `config-${String(i).padStart(4, "0")}`, version: i }));

/** GET /configs as the server answers it. */
function configs({ q, page_size, order_by }: Record<string, unknown>) {
  expect(order_by).toBe("name");
  const found = all.filter((config) => config.name.includes(q as string));
  return { configs: found.slice(0, Number(page_size)), total_size: found.length };
}

function Picker() {
  const [value, setValue] = useState(noConfig);
  return (
    <>
      <ConfigPicker value={value} onChange={setValue} />
      <p>
        Chosen: {value.id} {value.name}
      </p>
    </>
  );
}

describe("choosing one of more configurations than a page has", () => {
  it("finds it on the server, and says how many more there are", async () => {
    const user = userEvent.setup();
    show(<Picker />, "/", { "/configs": configs, "/configs/id-2400/versions": () => ({ versions: [{ version: 7 }], total_size: 1 }) });
    const field = screen.getByRole("combobox", { name: "Configuration" });
    await user.click(field);
    await screen.findByText("config-0049");
    expect(screen.getByText("2,450 more: type a part of the name")).toBeTruthy();
    await user.type(field, "config-2400");
    await user.click(await screen.findByText("config-2400"));
    expect(screen.getByText("Chosen: id-2400 config-2400")).toBeTruthy();
    expect(await screen.findByText("Always the newest (now 7)")).toBeTruthy();
    // The next opening offers all again, and what is chosen is still what is shown.
    await user.click(field);
    await screen.findByText("config-0049");
    await user.tab();
    expect((field as HTMLInputElement).value).toBe("config-2400");
  });

  it("says where none fits", async () => {
    const user = userEvent.setup();
    show(<Picker />, "/", { "/configs": configs });
    await user.type(screen.getByRole("combobox", { name: "Configuration" }), "nothing");
    await screen.findByText("No such configuration");
  });

  it("filters by one far down, and shows the name of one that the address has by its id", async () => {
    const user = userEvent.setup();
    const changes: Partial<AgentsView>[] = [];
    const answers = { "/configs": configs, "/configs/id-2400": () => all[2_400] };
    const view = { ...defaultView, configId: "id-2400" };
    show(<Filters view={view} onView={(change) => changes.push(change)} />, "/agents", answers);
    const field = screen.getByRole("combobox", { name: "Configuration" });
    await waitFor(() => expect((field as HTMLInputElement).value).toBe("config-2400"));
    await user.clear(field);
    await user.type(field, "config-1999");
    await user.click(await screen.findByText("config-1999"));
    expect(changes.at(-1)).toEqual({ configId: "config-1999" });
  });
});
