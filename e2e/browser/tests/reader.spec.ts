import type { Page } from "@playwright/test";

import { collectorConfig } from "../support/config.ts";
import { agentId, agentName, Fleet } from "../support/fleet.ts";
import type { Server } from "../support/server.ts";
import { signIn } from "../support/session.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

/** What changes something, by the names of its controls. */
const writes =
  /^(New configuration|Make the first one|Create…|Save…|Edit|Rename…|Delete\b.*|Roll back.*|More on .*|Assign|Unassign|Restart|Retry|Labels|Forget.*|More to do with this agent|Edit labels|Offer it once more|Make .*token|Select edge.*|Select all.*)$/;

/** The names of all that can be pressed or written in. */
async function controls(page: Page): Promise<string[]> {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByLabel(/^Loading/)).toHaveCount(0);
  const names: string[] = [];
  for (const role of ["button", "link", "menuitem", "tab", "checkbox"] as const) {
    names.push(...(await page.getByRole(role).evaluateAll((all) => all.map((e) => e.getAttribute("aria-label") ?? e.textContent ?? ""))));
  }
  return names;
}

/** Follows what a page asks the server for, and returns what is neither a reading nor a check that changes nothing. */
function changesAskedFor(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    const harmless = ["/api/v1/session", "/api/v1/configs/validate", "/api/v1/configs/preview"].includes(pathname);
    if (request.method() !== "GET" && !harmless) asked.push(`${request.method()} ${pathname}`);
  });
  return asked;
}

async function fill(server: Server, fleet: Fleet): Promise<void> {
  await fleet.connect(6);
  const refused = collectorConfig("basic").replace("127.0.0.1:4317", "refuse.invalid:4317");
  await server.call("POST", "/configs?name=production&selector=collector.role%3Dgateway", collectorConfig("basic"), "application/yaml");
  await server.call("PUT", "/configs/production", { name: "production", selector: "collector.role=gateway", config: collectorConfig("detailed") });
  await server.call("POST", "/configs?name=refused", refused, "application/yaml");
  await server.call("PUT", `/agents/${agentId(0)}/config`, { config_id: "refused" });
}

test("reader: what changes something is offered to an admin and not to a reader, on every page", async ({ guarded, page, browser }) => {
  test.setTimeout(240_000); // two browsers go through every page
  const { token } = (await guarded.call("POST", "/tokens", { name: "guest", role: "read" })) as { token: string };
  const context = await browser.newContext();
  const admin = await context.newPage();
  await signIn(admin, guarded, guarded.token("admin"));
  await signIn(page, guarded, token);
  const asked = changesAskedFor(page);

  const compare = async (path: string): Promise<void> => {
    for (const each of [admin, page]) await each.goto(guarded.url + path);
    await expect.poll(async () => (await controls(admin)).filter((name) => writes.test(name)), `an admin at ${path}`).not.toEqual([]);
    expect((await controls(page)).filter((name) => writes.test(name)), `a reader at ${path}`).toEqual([]);
    await expect(page.getByText("Read only")).toBeVisible();
  };

  // Nothing is there yet.
  await compare("/");
  await compare("/configs");

  const fleet = new Fleet(guarded, guarded.tokenFile("enrolment"));
  await fill(guarded, fleet);
  await expect(page.getByRole("row", { name: /production/ })).toBeVisible();
  const paths = ["/agents", `/agents/${agentId(0)}`, `/agents/${agentId(0)}?tab=config`, "/configs", "/configs/new"];
  for (const path of [...paths, "/configs/production", "/configs/production?tab=history", "/tokens"]) await compare(path);
  await fleet.end();
  await context.close();
  expect(asked).toEqual([]);
});

test("reader: who comes to what only an admin can do is told why it is not there, and what to do", async ({ guarded, page }) => {
  await guarded.call("POST", "/configs?name=production", collectorConfig("basic"), "application/yaml");
  const { token } = (await guarded.call("POST", "/tokens", { name: "guest", role: "read" })) as { token: string };
  await signIn(page, guarded, token);
  for (const path of ["/configs/new", "/configs/production?tab=edit", "/tokens"]) {
    await page.goto(guarded.url + path);
    await expect(page.getByText("Your token guest has the role read")).toBeVisible();
    await expect(page.getByText(/sign in with a token of the role admin/)).toBeVisible();
    await expect(page.getByRole("textbox")).toHaveCount(0);
    await expectAccessible(page);
  }
});

test("reader: all that can be read is read", async ({ guarded, page }) => {
  const fleet = new Fleet(guarded, guarded.tokenFile("enrolment"));
  await fill(guarded, fleet);
  const { token } = (await guarded.call("POST", "/tokens", { name: "guest", role: "read" })) as { token: string };
  await signIn(page, guarded, token);
  await expect(page.getByRole("heading", { level: 1, name: "Fleet" })).toBeVisible();
  await page.goto(`${guarded.url}/agents`);
  const [csv] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV" }).click()]);
  expect(await csv.failure()).toBeNull();
  await page.getByRole("link", { name: agentName(0) }).click();
  const panel = page.getByRole("complementary");
  await expect(panel).toContainText("It could not apply refused version 1.");
  for (const tab of ["Pipelines", "Configuration", "Health"]) {
    await panel.getByRole("tab", { name: tab }).click();
    await expect(panel.getByRole("tabpanel")).not.toBeEmpty();
  }
  await page.goto(`${guarded.url}/configs/production?tab=history`);
  await expect(page.getByRole("region", { name: "Difference", exact: true })).toContainText("verbosity: detailed");
  await page.getByRole("button", { name: "View version 1" }).click();
  await expect(page.getByRole("dialog")).toContainText("verbosity: basic");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await fleet.end();
});

test("reader: what a page could still send is refused, and changes nothing", async ({ guarded, page }) => {
  const { token } = (await guarded.call("POST", "/tokens", { name: "guest", role: "read" })) as { token: string };
  await guarded.call("POST", "/configs?name=production", collectorConfig("basic"), "application/yaml");
  await signIn(page, guarded, token);
  const tries: [string, string, object?][] = [
    ["POST", "/configs", { name: "planted", config: "receivers: {}" }],
    ["PUT", "/configs/production", { name: "production", config: "receivers: {}" }],
    ["DELETE", "/configs/production"],
    ["POST", "/configs/production/rollback", { version: 1 }],
    ["POST", "/agents:batch", { selector: "a=b", action: "restart" }],
    ["POST", "/tokens", { name: "more", role: "admin" }],
  ];
  const statuses = await page.evaluate(async (all) => {
    const send = async ([method, path, body]: (typeof all)[number]) => {
      const headers: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
      return (await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) })).status;
    };
    const answers: number[] = [];
    for (const one of all) answers.push(await send(one));
    return answers;
  }, tries);
  expect(statuses).toEqual(tries.map(() => 403));
  expect(await guarded.call("GET", "/configs")).toMatchObject({ total_size: 1, configs: [{ name: "production", version: 1 }] });
});
