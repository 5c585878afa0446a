import { type Page } from "@playwright/test";

import { collectorConfig } from "../support/config.ts";
import { agentId } from "../support/fleet.ts";
import { expect, test } from "../support/test.ts";

test.use({ viewport: { width: 390, height: 844 } });

/** The page scrolls up and down alone. */
async function expectFits(page: Page): Promise<void> {
  const beyond = () => page.locator("main").evaluate((main) => main.scrollWidth - main.clientWidth);
  await expect.poll(beyond).toBeLessThanOrEqual(0);
}

test("long names do not make the page wider than a phone", async ({ page, server, fleet }) => {
  const name = "w".repeat(60);
  await fleet.connect(2);
  await server.call("PATCH", `/agents/${agentId(0)}`, { labels: { name } }, "application/merge-patch+json");
  await fleet.health(0, "out of memory ".repeat(20));
  const config = (await server.call("POST", "/configs", { name, config: collectorConfig() })) as { id: string };

  await page.goto(server.url);
  const row = page.getByRole("region", { name: "Needs attention" }).getByRole("link");
  await expect(row).toHaveCount(1);
  await expectFits(page);
  const state = (await row.getByText("Unhealthy").boundingBox())!;
  const called = (await row.getByText(name).boundingBox())!;
  expect(called.x + called.width).toBeLessThanOrEqual(state.x); // the name first, then its state, as a word that can be read
  expect(called.width).toBeGreaterThan(150);

  await page.goto(`${server.url}/configs/${config.id}`);
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expectFits(page);
  await page.goto(`${server.url}/nothing/${name}`);
  await expect(page.getByText(`There is no page at /nothing/${name}`)).toBeVisible();
  await expectFits(page);
});
