import { collectorConfig } from "../support/config.ts";
import { agentId, agentName } from "../support/fleet.ts";
import { eventually } from "../support/programs.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

test("agent: it opens beside the list, at an address of its own, and says what is wrong", async ({ server, fleet, page }) => {
  await fleet.connect(6);
  await fleet.health(3, "exporter queue is full");
  await page.goto(`${server.url}/agents`);
  await page.getByRole("link", { name: agentName(3) }).click();
  await expect(page).toHaveURL(new RegExp(agentId(3)));
  const panel = page.getByRole("complementary", { name: `Agent ${agentName(3)}` });
  await expect(panel).toContainText("exporter queue is full");
  await expect(panel.getByRole("region", { name: "Identity" })).toContainText(agentId(3).slice(0, 8));
  await expect(page.getByRole("row", { name: new RegExp(agentName(1)) })).toBeVisible();
  await expectAccessible(page);

  await panel.getByRole("tab", { name: "Health" }).click();
  await expect(panel.getByRole("list", { name: "Health of components" }).first()).toContainText("exporter:debug");
  await panel.getByRole("tab", { name: "Pipelines" }).click();
  await expect(panel.getByRole("button", { name: /exporter debug, in pipeline traces/i })).toBeVisible();
  await expectAccessible(page);

  await panel.getByRole("button", { name: "Close the agent" }).click();
  await expect(page).toHaveURL(/\/agents$/);
});

test("agent: labels are edited, and a selector's configuration follows", async ({ server, fleet, page }) => {
  await fleet.connect(2);
  await server.call("POST", "/configs?name=for-canaries&selector=canary%3Dyes", collectorConfig("basic"), "application/yaml");
  await page.goto(`${server.url}/agents/${agentId(1)}`);
  const panel = page.getByRole("complementary");
  await panel.getByRole("button", { name: "Edit labels" }).click();
  await panel.getByRole("textbox", { name: "Key of label 1" }).fill("canary");
  await panel.getByRole("textbox", { name: "Value of label 1" }).fill("yes");
  await panel.getByRole("button", { name: "Save labels" }).click();
  await expect(panel.getByText("canary=yes")).toBeVisible();
  const section = panel.getByRole("region", { name: "Configuration" });
  await expect(section).toContainText("for-canaries");
  await expect(section).toContainText("Applied");
});

test("agent: what it refused is shown with its words, and can be offered again", async ({ server, fleet, page }) => {
  await fleet.connect(1);
  await server.call("POST", "/configs?name=broken", collectorConfig("basic").replace("127.0.0.1:4317", "refuse.invalid:4317"), "application/yaml");
  await server.call("PUT", `/agents/${agentId(0)}/config`, { config_id: "broken" });
  await page.goto(`${server.url}/agents/${agentId(0)}`);
  const panel = page.getByRole("complementary");
  await expect(panel).toContainText("It could not apply broken version 1.");
  await expect(panel).toContainText("lookup refuse.invalid");
  await panel.getByRole("button", { name: "Offer it once more" }).click();
  await eventually(5_000, "it is offered again", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^opamp_config_updates_total 2$/m);
  });
});

test("agent: it is forgotten only by its name, once it is gone", async ({ server, fleet, page }) => {
  await fleet.connect(2);
  await fleet.leave(1);
  await page.goto(`${server.url}/agents/${agentId(1)}`);
  await page.getByRole("button", { name: "More to do with this agent" }).click();
  await page.getByRole("menuitem", { name: "Forget" }).click();
  const dialog = page.getByRole("dialog");
  const forget = dialog.getByRole("button", { name: "Forget the agent" });
  await expect(forget).toBeDisabled();
  await dialog.getByRole("textbox").fill(agentName(1));
  await forget.click();
  await expect(page).toHaveURL(/\/agents$/);
  await eventually(5_000, "it is forgotten", async () => {
    const all = (await server.call("GET", "/agents")) as { total_size: number };
    expect(all.total_size).toBe(1);
  });
});

test("agent: a real collector under its supervisor is given a configuration, and what it runs is compared", async ({ server, collector, page }) => {
  test.setTimeout(120_000);
  await collector("edge-1");
  await server.call("POST", "/configs?name=real", collectorConfig("detailed").replace("127.0.0.1:4317", "127.0.0.1:${env:OTLP_GRPC_PORT}"), "application/yaml");
  await page.goto(`${server.url}/agents`);
  await page.getByRole("link", { name: "edge-1" }).click({ timeout: 60_000 }); // it comes by itself
  const panel = page.getByRole("complementary");
  await panel.getByRole("button", { name: "Assign", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Configuration" }).fill("real");
  await page.getByRole("option", { name: "real" }).click();
  await dialog.getByRole("button", { name: "Assign real" }).click();
  await expect(panel.getByRole("region", { name: "Configuration" })).toContainText("Applied", { timeout: 60_000 });

  await panel.getByRole("tab", { name: "Configuration" }).click();
  await expect(panel.getByText("All that was offered is in what the agent reports that it runs.")).toBeVisible({ timeout: 30_000 });
  await panel.getByRole("tab", { name: "Pipelines" }).click();
  await expect(panel.getByRole("button", { name: /receiver otlp, in pipeline traces/i })).toBeVisible();
});
