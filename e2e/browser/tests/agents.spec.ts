import { readFileSync } from "node:fs";

import { collectorConfig } from "../support/config.ts";
import { agentId, agentName } from "../support/fleet.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

interface Agent {
  name: string;
  labels: Record<string, string>;
  config: { config_name?: string; status: string };
}

test("agents: filters are the server's, and in the address", async ({ server, fleet, page }) => {
  await fleet.connect(40);
  await fleet.health(5, "exporter queue is full");
  await page.goto(`${server.url}/agents`);
  await expect(page.getByText("40 agents", { exact: true })).toBeVisible();

  await page.keyboard.press("/");
  await expect(page.getByRole("textbox", { name: "Search agents" })).toBeFocused();
  await page.keyboard.type("gateway");
  await expect(page.getByText("10 agents match")).toBeVisible();
  await expect(page).toHaveURL(/q=gateway/);

  await page.getByRole("button", { name: "Clear filters" }).first().click();
  await page.getByRole("textbox", { name: "Selector" }).fill("cloud.region=eu,collector.role=edge");
  await expect(page.getByText("10 agents match")).toBeVisible();

  await page.goto(`${server.url}/agents?status=unhealthy`); // a view that somebody has shared
  await expect(page.getByText("1 agent matches")).toBeVisible();
  await expect(page.getByRole("row", { name: new RegExp(agentName(5)) })).toContainText("Unhealthy");
  await expectAccessible(page);
});

test("agents: while another list is on its way, the one before can be read", async ({ server, fleet, page }) => {
  await fleet.connect(12);
  await fleet.health(3, "exporter queue is full");
  let go = (): void => undefined;
  const asked = new Promise<void>((resolve) => (go = resolve));
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(`${server.url}/agents`);
  const table = page.getByRole("table", { name: "Agents" });
  await expect(page.getByText("12 agents", { exact: true })).toBeVisible();
  await page.route(/\/agents\?.*q=gateway/, async (route) => {
    await asked;
    await route.continue();
  });
  await page.getByRole("textbox", { name: "Search agents" }).fill("gateway");
  await expect(page).toHaveURL(/q=gateway/);
  await expect(table).toHaveAttribute("aria-busy", "true");
  await expect(table.getByRole("row", { name: new RegExp(agentName(3)) })).toContainText("Unhealthy");
  await expectAccessible(page);
  go();
  await expect(page.getByText("3 agents match")).toBeVisible();
});

test("agents: a selector that cannot be read says what is wrong with it", async ({ server, fleet, page }) => {
  await fleet.connect(2);
  await page.goto(`${server.url}/agents?selector=${encodeURIComponent("env in (")}`);
  await expect(page.getByRole("alert").first()).toContainText(/selector/i);
});

test("agents: what changes, changes in place", async ({ server, fleet, page }) => {
  await fleet.connect(5);
  await page.goto(`${server.url}/agents`);
  const row = page.getByRole("row", { name: new RegExp(agentName(2)) });
  await expect(row).toContainText("Healthy");
  await fleet.health(2, "exporter queue is full");
  await expect(row).toContainText("Unhealthy");
  await fleet.leave(4);
  await expect(page.getByRole("row", { name: new RegExp(agentName(4)) })).toContainText("Disconnected");
});

test("agents: one that somebody else forgets leaves the list, and its open panel says so", async ({ server, fleet, page, context }) => {
  await fleet.connect(3);
  await fleet.leave(1);
  await page.goto(`${server.url}/agents`);
  await expect(page.getByRole("row", { name: new RegExp(agentName(1)) })).toContainText("Disconnected");
  const other = await context.newPage();
  await other.goto(`${server.url}/agents/${agentId(1)}`);
  await expect(other.getByRole("button", { name: "Edit labels" })).toBeVisible();
  await server.call("DELETE", `/agents/${agentId(1)}`);
  await expect(page.getByRole("row", { name: new RegExp(agentName(1)) })).toHaveCount(0);
  await expect(page.getByText("2 agents", { exact: true })).toBeVisible();
  await expect(other.getByRole("alert")).toContainText("has been forgotten meanwhile");
  await expect(other.getByRole("button", { name: "Edit labels" })).toHaveCount(0);
  await expectAccessible(other);
});

test("agents: many are given labels at once, and the result says how it went", async ({ server, fleet, page }) => {
  await fleet.connect(30);
  await page.goto(`${server.url}/agents?selector=collector.role%3Dgateway`);
  await expect(page.getByText("7 agents match")).toBeVisible();
  await page.getByRole("checkbox", { name: "Select all that are loaded" }).check();
  await page.getByRole("region", { name: "Selected agents" }).getByRole("button", { name: "Labels" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Key of label 1" }).fill("team");
  await dialog.getByRole("textbox", { name: "Value of label 1" }).fill("payments");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Change labels of 7 agents" }).click();
  await expect(dialog.getByText("Done for 7 agents.")).toBeVisible();

  const all = (await server.call("GET", "/agents?selector=team%3Dpayments")) as { agents: Agent[] };
  expect(all.agents.map((a) => a.name).sort()).toEqual([3, 7, 11, 15, 19, 23, 27].map(agentName).sort());
});

test("agents: selecting one moves no row, and the last one can be scrolled out from under the bar", async ({ server, fleet, page }) => {
  await fleet.connect(40);
  for (const size of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    await page.setViewportSize(size);
    await page.goto(`${server.url}/agents`);
    const row = page.getByRole("row", { name: new RegExp(agentName(2)) });
    await expect(row).toContainText("Healthy");
    const before = await row.boundingBox();
    await page.getByRole("checkbox", { name: `Select ${agentName(2)}` }).check();
    const bar = page.getByRole("region", { name: "Selected agents" });
    await expect(bar.getByRole("button", { name: "Restart" })).toBeInViewport({ ratio: 1 });
    expect(await row.boundingBox()).toEqual(before);
    const last = page.getByRole("row", { name: new RegExp(agentName(31)) }); // gateway-us-0031
    await expect(async () => {
      await page.getByRole("table", { name: "Agents" }).evaluate((table) => {
        for (let up: Element | null = table; up; up = up.parentElement) up.scrollTo({ top: up.scrollHeight });
      });
      const [of, over] = await Promise.all([last.boundingBox({ timeout: 1_000 }), bar.boundingBox({ timeout: 1_000 })]);
      expect((of?.y ?? Infinity) + (of?.height ?? 0)).toBeLessThanOrEqual(over?.y ?? 0);
    }).toPass();
  }
});

test("agents: many are assigned a configuration, and one that is away is told of", async ({ server, fleet, page }) => {
  await fleet.connect(4);
  await server.call("POST", "/configs?name=quiet", collectorConfig(), "application/yaml");
  await page.goto(`${server.url}/agents`);
  await page.getByRole("checkbox", { name: `Select ${agentName(0)}` }).check();
  await page.getByRole("checkbox", { name: `Select ${agentName(1)}` }).check();
  await page.getByRole("region", { name: "Selected agents" }).getByRole("button", { name: "Assign", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Configuration" }).fill("quiet");
  await page.getByRole("option", { name: "quiet" }).click();
  await dialog.getByRole("button", { name: "Assign to 2 agents" }).click();
  await expect(dialog.getByText("Done for 2 agents.")).toBeVisible();
  await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
  await expect(page.getByRole("row", { name: new RegExp(agentName(0)) })).toContainText("Applied");
  const agent = (await server.call("GET", `/agents/${agentId(1)}`)) as Agent;
  expect(agent.config).toMatchObject({ config_name: "quiet", status: "applied" });
});

test("agents: the list is saved as CSV, as it is filtered", async ({ server, fleet, page }) => {
  await fleet.connect(25);
  await page.goto(`${server.url}/agents?q=gateway`);
  await expect(page.getByText("6 agents match")).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV" }).click()]);
  const lines = readFileSync(await download.path(), "utf8").trim().split(/\r?\n/);
  expect(lines).toHaveLength(7);
  expect(lines[0]).toMatch(/^id,name,type,version,status/);
  expect(lines.slice(1).every((line) => line.includes("gateway-"))).toBe(true);
});
