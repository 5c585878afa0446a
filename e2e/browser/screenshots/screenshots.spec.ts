import { mkdirSync } from "node:fs";
import path from "node:path";

import type { Page } from "@playwright/test";

import { agentId, agentName } from "../support/fleet.ts";
import { expect, test } from "../support/test.ts";

const folder = path.resolve(process.env.SCREENSHOTS ?? "../../.cache/screenshots");

async function picture(page: Page, name: string): Promise<void> {
  await expect(page.getByLabel(/^Loading/)).toHaveCount(0);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: path.join(folder, `${name}.png`), animations: "disabled" });
}

test("screenshots", async ({ server, fleet, page }) => {
  test.setTimeout(300_000);
  mkdirSync(folder, { recursive: true });
  await fleet.connect(120);
  for (const [name, selector, priority] of [
    ["edge", "collector.role=edge", 0],
    ["edge-staging", "collector.role=edge,deployment.environment.name=staging", 10],
    ["gateway", "collector.role=gateway", 0],
  ] as const) {
    await server.call("POST", "/configs", { name, selector, priority, config: config(name) });
  }
  await server.call("POST", "/configs", { name: "canary", config: config("canary").replace("gateway.example", "refuse.invalid") });
  await server.call("PUT", `/agents/${agentId(41)}/config`, { config_id: "canary" });
  await fleet.health(7, "exporter queue is full");
  await fleet.health(18, "Exporting failed. Dropping data: no more retries left");
  await fleet.leave(113);

  // The plot wants some minutes of history: agents come and go meanwhile.
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  for (let n = 0; n < 3; n++) {
    await fleet.health(20 + n, "connection refused");
    await page.waitForTimeout(61_000);
  }
  await page.goto(server.url);
  await expect(page.getByText(/^Of 120 agents/).first()).toBeVisible();
  await expect(page.locator("canvas")).toHaveCount(2);
  await picture(page, "fleet");
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await picture(page, "fleet-dark");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });

  await page.goto(`${server.url}/agents?selector=${encodeURIComponent("collector.role=edge")}`);
  await expect(page.getByRole("row", { name: new RegExp(agentName(2)) })).toBeVisible();
  await page.waitForTimeout(2_000); // the list is read once more when the events begin
  await picture(page, "agents");

  await page.goto(`${server.url}/agents/${agentId(7)}?tab=pipelines`);
  await expect(page.getByRole("button", { name: /exporter otlp\/gateway, in pipeline traces/i })).toBeVisible();
  await picture(page, "agent");

  await page.goto(`${server.url}/configs/edge?tab=edit`);
  const editor = page.getByRole("textbox", { name: "Configuration in YAML" });
  await expect(editor).toBeVisible();
  await editor.getByText("processors: [batch]").first().click();
  await page.keyboard.press("End");
  await page.keyboard.press("Backspace");
  await page.keyboard.type(", redaction]");
  await expect(page.getByRole("region", { name: "Findings" })).toContainText("redaction");
  await expect(page.getByRole("region", { name: "What saving would do" })).toContainText("It cannot be saved as it is");
  await picture(page, "editor");
});

function config(name: string): string {
  return `# ${name}: what comes in goes on to the gateway
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:4317
  hostmetrics:
    collection_interval: 30s
    scrapers:
      cpu:
      memory:
processors:
  batch: {}
exporters:
  otlp/gateway:
    endpoint: gateway.example:4317
  debug: {}
connectors:
  spanmetrics: {}
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [otlp/gateway, spanmetrics]
    metrics:
      receivers: [hostmetrics, spanmetrics]
      processors: [batch]
      exporters: [otlp/gateway]
    logs:
      receivers: [otlp]
      exporters: [debug]
`;
}
