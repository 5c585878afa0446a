import type { Page } from "@playwright/test";

import { collectorConfig } from "../support/config.ts";
import { agentId, agentName } from "../support/fleet.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

const editor = (page: Page) => page.getByRole("textbox", { name: "Configuration in YAML" });

/** Replaces the whole text as a person would who has it elsewhere: by pasting. */
async function paste(page: Page, text: string): Promise<void> {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await editor(page).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.press("Delete");
  await page.keyboard.press("ControlOrMeta+v");
}

test("configs: one is written, checked as it is typed, and sent to those that its selector takes", async ({ server, fleet, page }) => {
  await fleet.connect(12);
  await page.goto(`${server.url}/configs/new`);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("gateways");
  await page.getByRole("textbox", { name: "Selector" }).fill("collector.role=gateway");

  await paste(page, collectorConfig("basic").replace("receivers: [otlp]", "receivers: [otlp, jaeger]"));
  const findings = page.getByRole("region", { name: "Findings" });
  await expect(findings).toContainText('The receiver "jaeger" is not defined.');
  await findings.getByRole("button", { name: "line 12" }).click();
  await expect(editor(page)).toBeFocused();
  await expectAccessible(page);

  await paste(page, collectorConfig("basic"));
  await expect(findings).toContainText("No findings");
  await expect(page.getByRole("button", { name: /exporter debug, in pipeline traces/i })).toBeVisible();
  await page.getByRole("button", { name: "Create…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("3 agents get it newly.");
  await expect(dialog).toContainText(agentName(3));
  await expectAccessible(page);
  await dialog.getByRole("button", { name: /and send to 3 agents$/ }).click();
  await expect(page).toHaveURL(/\/configs\/(?!new)/);

  await page.goto(`${server.url}/configs`);
  await expect(page.getByRole("row", { name: /gateways/ })).toContainText("3");
  const agent = (await server.call("GET", `/agents/${agentId(3)}`)) as { config: object };
  expect(agent.config).toMatchObject({ config_name: "gateways", version: 1, status: "applied" });
});

test("configs: one that takes agents from another says from which before it does", async ({ server, fleet, page }) => {
  await fleet.connect(4);
  await server.call("POST", "/configs?name=everybody&selector=service.name%3Dotelcol-contrib", collectorConfig("basic"), "application/yaml");
  await page.goto(`${server.url}/configs/new`);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("europe");
  await page.getByRole("textbox", { name: "Selector" }).fill("cloud.region=eu");
  await page.getByRole("textbox", { name: "Priority" }).fill("10");
  await paste(page, collectorConfig("detailed"));
  await page.getByRole("button", { name: "Create…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("2 agents get it newly.");
  await expect(dialog).toContainText("everybody");
});

test("configs: history, the difference of two versions, and the way back", async ({ server, fleet, page }) => {
  await fleet.connect(2);
  await server.call("POST", "/configs?name=steps&selector=service.name%3Dotelcol-contrib", collectorConfig("basic"), "application/yaml");
  await server.call("PUT", "/configs/steps", { name: "steps", selector: "service.name=otelcol-contrib", config: collectorConfig("detailed") });
  await page.goto(`${server.url}/configs/steps`);
  await page.getByRole("tab", { name: "History" }).click();
  const difference = page.getByRole("region", { name: "Difference", exact: true });
  await expect(difference).toContainText("verbosity: basic");
  await expect(difference).toContainText("verbosity: detailed");
  await expectAccessible(page);

  await page.getByRole("button", { name: "Roll back to version 1" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Roll back to version 1 and send to 2 agents" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  const now = (await server.call("GET", "/configs/steps")) as { version: number; config: string };
  expect(now).toMatchObject({ version: 3, config: collectorConfig("basic") });
});

test("configs: two who edit at once: the later sees the other's change and keeps the own text", async ({ server, page }) => {
  await server.call("POST", "/configs?name=shared", collectorConfig("basic"), "application/yaml");
  await page.goto(`${server.url}/configs/shared?tab=edit`);
  await page.getByRole("tab", { name: "Edit" }).click();
  await paste(page, collectorConfig("normal"));
  await server.call("PUT", "/configs/shared", { name: "shared", config: collectorConfig("detailed") });
  await expect(page.getByRole("region", { name: "Their change" })).toContainText("verbosity: detailed");
  await expect(editor(page)).toContainText("verbosity: normal");
});

test("configs: whoever leaves text that is not saved is asked once, by whatever way", async ({ server, page }) => {
  test.setTimeout(120_000); // three ways, each twice
  await server.call("POST", "/configs?name=kept", collectorConfig("basic"), "application/yaml");
  await page.goto(`${server.url}/configs`);
  await page.getByRole("link", { name: "kept" }).click();
  await page.getByRole("tab", { name: "Edit" }).click();
  await paste(page, collectorConfig("normal"));
  const dialog = page.getByRole("dialog", { name: "Your changes are not saved" });
  const leaves: [string, () => Promise<unknown>, RegExp][] = [
    ["a link", () => page.getByRole("link", { name: "Agents" }).click(), /\/agents$/],
    ["the keys g f", () => page.keyboard.press("g").then(() => page.keyboard.press("f")), /:\d+\/$/],
    // Twice: from the tab to the page, from there to the list.
    ["Back", () => page.evaluate(() => history.go(-2)), /\/configs$/],
  ];
  for (const [way, leave, to] of leaves) {
    await test.step(way, async () => {
      await page.getByRole("heading", { level: 1 }).click(); // keys are the editor's while one is in it
      await leave();
      await expect(dialog).toBeVisible();
      if (way === "a link") await expectAccessible(page);
      await dialog.getByRole("button", { name: "Stay" }).click();
      await expect(dialog).toHaveCount(0);
      await expect(page).toHaveURL(/\/configs\/[^/]+\?tab=edit$/);
      await expect(editor(page)).toContainText("verbosity: normal");

      await page.getByRole("heading", { level: 1 }).click();
      await leave();
      await dialog.getByRole("button", { name: "Keep and leave" }).click();
      await expect(page).toHaveURL(to);
      await expect(dialog).toHaveCount(0);
      await page.goBack(); // by Back there is nothing before the list but a blank page
      if (way === "Back") await page.goto(`${server.url}/configs/kept?tab=edit`);
      await expect(editor(page)).toContainText("verbosity: normal");
      await editor(page).press("End");
      await page.keyboard.type(" "); // what only came back may be left without a question
    });
  }
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Agents" }).click();
  await dialog.getByRole("button", { name: "Discard and leave" }).click();
  await expect(page).toHaveURL(/\/agents$/);
  await page.goto(`${server.url}/configs/kept?tab=edit`);
  await expect(editor(page)).toContainText("verbosity: basic");
});

test("configs: text that is not saved outlives its tab, without what others wrote, and says what it began with", async ({ server, page, context }) => {
  const secret = collectorConfig("basic").replace("  debug:\n", "  otlphttp:\n    endpoint: http://user:hunter2@127.0.0.1:1\n  debug:\n");
  await server.call("POST", "/configs?name=kept", secret, "application/yaml");
  await page.goto(`${server.url}/configs/kept?tab=edit`);
  await page.getByRole("textbox", { name: "Description" }).fill("typed at night");
  await paste(page, secret.replace("verbosity: basic", "verbosity: normal"));
  const stored = () => page.evaluate(() => JSON.stringify({ ...localStorage }));
  await expect.poll(stored).toContain("verbosity: normal");
  expect(await stored()).not.toContain("hunter2");
  await page.close();

  await server.call("PUT", "/configs/kept", { name: "kept", config: secret.replace("verbosity: basic", "verbosity: detailed") });
  const again = await context.newPage();
  await again.goto(`${server.url}/configs`);
  await expect(again.getByRole("row", { name: /kept/ })).toContainText("(not saved)");
  await again.getByRole("link", { name: "kept" }).click();
  await again.getByRole("tab", { name: "Edit (not saved)" }).click();
  await expect(editor(again)).toContainText("verbosity: normal");
  await expect(editor(again)).toContainText("hunter2"); // from the server
  await expect(again.getByRole("textbox", { name: "Description" })).toHaveValue("typed at night");
  await expect(again.getByText("It began with version 1; version 2 is the newest.")).toBeVisible();
  await expect(again.getByRole("region", { name: "Their change" })).toContainText("verbosity: detailed");
  await expect(again.getByRole("button", { name: "Save…" })).toBeDisabled();
  await expectAccessible(again);
  await again.getByRole("button", { name: "Keep my text and go on from version 2" }).click();
  await again.getByRole("button", { name: "Save…" }).click();
  await again.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
  await expect(again.getByText("kept is stored as version 3.")).toBeVisible();
  expect(await again.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("ollystack.draft")))).toEqual([]);
});

test("configs: two tabs on one configuration keep two texts, and each says so", async ({ server, page, context }) => {
  await server.call("POST", "/configs?name=shared", collectorConfig("basic"), "application/yaml");
  const other = await context.newPage();
  for (const each of [page, other]) await each.goto(`${server.url}/configs/shared?tab=edit`);
  await page.getByRole("textbox", { name: "Description" }).fill("from the left");
  await expect(other.getByText("being changed in another tab of this browser too")).toBeVisible();
  await other.getByRole("textbox", { name: "Description" }).fill("from the right");
  await expect(page.getByText("being changed in another tab of this browser too")).toBeVisible();
  await page.waitForFunction(() => Object.keys(localStorage).filter((key) => key.startsWith("ollystack.draft")).length === 2);
  await page.reload();
  await expect(page.getByRole("textbox", { name: "Description" })).toHaveValue("from the left");
  await expect(other.getByRole("textbox", { name: "Description" })).toHaveValue("from the right");
  await other.close();
  await page.getByRole("button", { name: "Go on with that text, keep this one" }).click();
  await expect(page.getByRole("textbox", { name: "Description" })).toHaveValue("from the right");
  await expect(page.getByText("Another text for it was typed")).toBeVisible();
  await expectAccessible(page);
});

test("configs: all of more than a page are reached, by scrolling", async ({ server, page }) => {
  test.setTimeout(180_000);
  const names = Array.from({ length: 1_150 }, (_, i) => `c${String(i).padStart(4, "0")}`);
  for (let i = 0; i < names.length; i += 10) {
    await Promise.all(names.slice(i, i + 10).map((name) => server.call("POST", `/configs?name=${name}`, collectorConfig(), "application/yaml")));
  }
  await page.goto(`${server.url}/configs`);
  await expect(page.getByRole("link", { name: "c0000" })).toBeVisible();
  await expect(page.getByText("1,150 configurations")).toBeVisible();
  expect(await page.getByRole("row").count()).toBeLessThan(200);
  await expectAccessible(page);
  const scroller = page.getByRole("region", { name: "Configurations", exact: true });
  await expect(async () => {
    await scroller.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    await expect(page.getByRole("link", { name: "c1149" })).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await page.getByRole("link", { name: "c1149" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "c1149" })).toBeVisible();
});

test("configs: what reaches more than a thousand agents is asked for with their number, which the button repeats", async ({ server, fleet, page }) => {
  test.setTimeout(180_000);
  const all = 1_020;
  await fleet.connect(all);
  const selecting = (name: string, priority: number) => server.call("POST", `/configs?name=${name}&selector=service.name%3Dotelcol-contrib&priority=${priority}`, collectorConfig(), "application/yaml");
  await expect(selecting("unasked", 0)).rejects.toThrow(/409.*confirm_agents=1020/);

  // Saving.
  await page.goto(`${server.url}/configs/new`);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("everybody");
  await page.getByRole("textbox", { name: "Selector" }).fill("service.name=otelcol-contrib");
  await page.getByRole("button", { name: "Create…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("1,020 agents get it newly.");
  await dialog.getByRole("button", { name: "Create and send to 1,020 agents" }).click();
  await expect(page.getByText("everybody is stored as version 1.")).toBeVisible();

  // Assigning to all of a list.
  await server.call("POST", "/configs?name=quiet", collectorConfig("normal"), "application/yaml");
  await page.goto(`${server.url}/agents`);
  // The click selects what is loaded by then, which may be the first hundred or all.
  await page.getByRole("checkbox", { name: "Select all that are loaded" }).click();
  const bar = page.getByRole("region", { name: "Selected agents" });
  const more = bar.getByRole("button", { name: "Select all 1,020 that match" });
  await expect(async () => {
    if (await more.isVisible()) await more.click({ timeout: 1_000 });
    await expect(bar).toContainText("1,020 agents selected", { timeout: 5_000 });
  }).toPass();
  await bar.getByRole("button", { name: "Assign", exact: true }).click();
  await dialog.getByRole("combobox", { name: "Configuration" }).fill("quiet");
  await page.getByRole("option", { name: "quiet" }).click();
  await dialog.getByRole("button", { name: "Assign to 1,020 agents" }).click();
  await expect(dialog.getByText("Done for 1,020 agents.")).toBeVisible();

  // Deleting: the other one takes them all back.
  await page.goto(`${server.url}/configs/quiet`);
  await expect(page.getByText("1,020 applied")).toBeVisible({ timeout: 30_000 });
  await expect(server.call("DELETE", "/configs/quiet?detach=true")).rejects.toThrow(/409.*confirm_agents=1020/);
  await page.getByRole("button", { name: "More on quiet" }).click();
  await page.getByRole("menuitem", { name: /Delete/ }).click();
  await dialog.getByRole("textbox").fill("quiet");
  await dialog.getByRole("button", { name: "Detach 1,020 agents and delete" }).click();
  await expect(page.getByText("quiet is deleted.")).toBeVisible();
  await page.goto(`${server.url}/configs/everybody`);
  await expect(page.getByText("1,020 applied")).toBeVisible({ timeout: 30_000 });
});

test("configs: deleting says by name who depends on it, and wants the name", async ({ server, fleet, page }) => {
  await fleet.connect(2);
  await server.call("POST", "/configs?name=doomed&selector=cloud.region%3Deu", collectorConfig("basic"), "application/yaml");
  await page.goto(`${server.url}/configs/doomed`);
  await page.getByRole("button", { name: "More on doomed" }).click();
  await page.getByRole("menuitem", { name: /Delete/ }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("region", { name: "Agents that depend on it" })).toContainText(agentName(0));
  const act = dialog.getByRole("button", { name: "Detach 1 agent and delete" });
  await expect(act).toBeDisabled();
  await dialog.getByRole("textbox").fill("doomed");
  await act.click();
  await expect(page).toHaveURL(/\/configs$/);
  const all = (await server.call("GET", "/configs")) as { total_size: number };
  expect(all.total_size).toBe(0);
});

test("configs: what was typed of one that is deleted goes on as a new one, or goes with it", async ({ server, page }) => {
  await server.call("POST", "/configs?name=lost", collectorConfig("basic"), "application/yaml");
  await page.goto(`${server.url}/configs/lost?tab=edit`);
  await page.getByRole("textbox", { name: "Description" }).fill("typed at night");
  await server.call("DELETE", "/configs/lost");
  await page.getByRole("button", { name: "Go on with your text as a new configuration" }).click();
  await expect(page).toHaveURL(/\/configs\/new$/);
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("lost");
  await expect(page.getByRole("textbox", { name: "Description" })).toHaveValue("typed at night");
  await expect(editor(page)).toContainText("verbosity: basic");
  await page.getByRole("button", { name: "Create…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByText("lost is stored as version 1.")).toBeVisible();

  await page.getByRole("tab", { name: "Edit" }).click();
  await page.getByRole("textbox", { name: "Description" }).fill("another thought");
  await page.getByRole("tab", { name: "Overview" }).click();
  await page.getByRole("button", { name: "More on lost" }).click();
  await page.getByRole("menuitem", { name: /Delete/ }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("and what you typed of it and did not save. This cannot be undone.");
  await dialog.getByRole("textbox").fill("lost");
  await dialog.getByRole("button", { name: "Delete configuration" }).click();
  await expect(page).toHaveURL(/\/configs$/);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("ollystack.draft.")))).toEqual([]);
});

test("configs: the graph of thousands of receivers and exporters is drawn in part, and the page goes on", async ({ server, page }) => {
  const ids = (type: string) => Array.from({ length: 3_000 }, (_, i) => `${type}/${i}`);
  const defined = (type: string, settings: string) => ids(type).map((id) => `  ${id}: ${settings}\n`).join("");
  const pipeline = `service: {pipelines: {traces: {receivers: [${ids("otlp").join(", ")}], exporters: [${ids("debug").join(", ")}]}}}\n`;
  const text = `receivers:\n${defined("otlp", "{protocols: {grpc: }}")}exporters:\n${defined("debug", "{}")}${pipeline}`;
  await server.call("POST", "/configs?name=huge", text, "application/yaml");
  await page.goto(`${server.url}/configs/huge?tab=edit`);
  await expect(page.getByText("Only the first 50 of 3,000 in traces::receivers are drawn.")).toBeVisible();
  await expect(page.getByText("Only the first 2,000 of 2,500 connections are drawn.")).toBeVisible();
  await page.getByRole("button", { name: "Receiver otlp/7, in pipeline traces" }).click();
  await page.getByRole("textbox", { name: "Description" }).fill("it can be typed in");
  await expect(page.getByRole("tab", { name: "Edit (not saved)" })).toBeVisible();
});
