import { tmpdir } from "node:os";

import { agentName } from "../support/fleet.ts";
import { Server } from "../support/server.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

test("fleet: totals and what needs attention first, live", async ({ server, fleet, page }) => {
  await fleet.connect(20);
  await page.goto(server.url);
  await expect(page.getByText("20 agents, all connected and healthy").first()).toBeVisible();
  await fleet.health(7, "exporter queue is full");
  await expect(page.getByText("Of 20 agents: 1 unhealthy").first()).toBeVisible();
  const attention = page.getByRole("region", { name: "Needs attention" });
  await expect(attention).toContainText(agentName(7));
  await expect(attention).toContainText("exporter queue is full");
  await fleet.leave(8);
  await expect(page.getByText("Of 20 agents: 1 unhealthy, 1 disconnected").first()).toBeVisible();
  await expectAccessible(page);
  await attention.getByRole("link", { name: new RegExp(agentName(7)) }).click();
  await expect(page.getByRole("complementary", { name: `Agent ${agentName(7)}` })).toBeVisible();
});

test("fleet: the last hour as a plot and as a table", async ({ server, fleet, page }) => {
  await fleet.connect(3);
  await page.goto(server.url);
  const hour = page.getByRole("region", { name: "The last hour", exact: true });
  await expect(hour.locator("canvas").first()).toBeVisible();
  await hour.getByText("Table").click();
  await expect(hour.getByRole("columnheader", { name: "Minute" })).toBeVisible();
});

test("first page: an empty fleet says how to connect the first collector, and changes when it comes", async ({ server, collector, page }) => {
  test.setTimeout(120_000);
  await page.goto(server.url);
  await expect(page.getByRole("heading", { name: "Connect the first collector" })).toBeVisible();
  await expect(page.getByText(server.endpoint, { exact: true })).toBeVisible();
  await expect(page.getByText("validate_config: true")).toBeVisible();
  await expectAccessible(page);
  await collector("edge-1");
  await expect(page.getByRole("heading", { name: "Fleet" })).toBeVisible({ timeout: 60_000 });
});

test("first page: it has the server's own path for agents, and no line for packages that there are none of", async ({ page }) => {
  const server = await Server.start("--opamp-path", "/agents-here");
  await page.goto(server.url);
  await expect(page.getByText(`ws://127.0.0.1:${server.port}/agents-here`, { exact: true })).toBeVisible();
  await expect(page.getByLabel("the supervisor's file", { exact: true })).toContainText(`endpoint: ws://127.0.0.1:${server.port}/agents-here`);
  await expect(page.getByRole("tab", { name: "Install the package" })).toHaveCount(0);
  await server.remove();
});

test("first page: where packages are served it has the line that installs one", async ({ page }) => {
  const server = await Server.start("--opamp-path", "/agents-here", "--packages-dir", tmpdir());
  await page.goto(server.url);
  await expect(page.getByLabel("the line that installs", { exact: true })).toContainText(`--server ${server.url} --endpoint ws://127.0.0.1:${server.port}/agents-here`);
  await server.remove();
});

test("first page: in token mode it makes an enrolment token, with which agents really connect", async ({ guarded, page }) => {
  await page.goto(guarded.url);
  await page.getByLabel("Token", { exact: true }).fill(guarded.token("admin"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Make an enrolment token" }).click();
  const text = await page.getByText(/^olly_\S+$/).first().textContent();
  const agents = await fetch(guarded.endpoint.replace("ws:", "http:"), {
    method: "POST",
    headers: { Authorization: `Bearer ${text}`, "Content-Type": "application/x-protobuf" },
    body: new Uint8Array([0x0a, 0x10, ...Array.from({ length: 16 }, (_, i) => i + 1)]),
  });
  expect(agents.status).toBe(200); // an AgentToServer with an instance_uid and nothing else
  await expect(page.getByRole("heading", { name: "Fleet" })).toBeVisible();
});

test("tokens: one is made, its text is shown once, and it is deleted by its name", async ({ guarded, page }) => {
  await page.goto(`${guarded.url}/tokens`);
  await page.getByLabel("Token", { exact: true }).fill(guarded.token("admin"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Make a token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("grafana");
  await dialog.getByRole("button", { name: "Make token" }).click();
  const text = (await dialog.getByText(/^olly_\S+$/).first().textContent()) ?? "";
  await expectAccessible(page);
  const read = await fetch(`${guarded.url}/api/v1/agents`, { headers: { Authorization: `Bearer ${text}` } });
  expect(read.status).toBe(200);
  await page.keyboard.press("Escape"); // it would be lost
  await expect(dialog.getByTestId("secret")).toBeVisible();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("row", { name: /grafana/ })).toBeVisible();
  await expect(page.getByText(text)).toHaveCount(0);

  await page.getByRole("button", { name: "Delete grafana" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("grafana");
  await page.getByRole("dialog").getByRole("button", { name: "Delete token" }).click();
  await expect(page.getByRole("row", { name: /grafana/ })).toHaveCount(0);
  const gone = await fetch(`${guarded.url}/api/v1/agents`, { headers: { Authorization: `Bearer ${text}` } });
  expect(gone.status).toBe(401);
});
