import { collectorConfig } from "../support/config.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

const pages = ["/", "/agents", "/configs", "/configs/new", "/tokens"];

test("shell: the page may load nothing but what is the server's own", async ({ server, page }) => {
  const answer = await page.goto(server.url);
  const policy = answer?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|https?:|\*/);
  await expect(page.getByRole("navigation", { name: "Parts of the dashboard" })).toBeVisible();
});

for (const scheme of ["light", "dark"] as const) {
  test(`shell: axe finds nothing on any page, ${scheme}`, async ({ server, fleet, page }) => {
    test.setTimeout(180_000); // axe reads six pages
    await fleet.connect(12);
    await fleet.health(3, "exporter queue is full");
    await server.call("POST", "/configs?name=production&selector=collector.role%3Dedge", collectorConfig(), "application/yaml");
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const path of [...pages, "/configs/production"]) {
      await page.goto(server.url + path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByLabel(/^Loading/)).toHaveCount(0);
      await expectAccessible(page);
    }
  });
}

test("shell: every page fits a telephone", async ({ server, fleet, page }) => {
  await fleet.connect(12);
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of pages) {
    await page.goto(server.url + path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, `${path} is wider than the screen`).toBeLessThanOrEqual(0);
  }
});

test("shell: the keyboard goes everywhere", async ({ server, page }) => {
  await page.goto(server.url);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await expect(page).toHaveURL(/\/agents/);
  // The page takes the focus as it is come to; back from there is the rail, and not a field that would take the keys.
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await expect(page).toHaveURL(/\/configs/);
});

test("shell: a stream that breaks is told of, and what was missed comes when it is back", async ({ server, fleet, page }) => {
  await fleet.connect(2);
  await page.goto(`${server.url}/agents`);
  await expect(page.getByRole("row", { name: /edge-eu-0000/ })).toContainText("Healthy");
  await server.stop();
  await expect(page.getByText(/No live updates since/)).toBeVisible();
  await server.start();
  await expect(page.getByText(/No live updates since/)).toHaveCount(0, { timeout: 45_000 });
  await expect(async () => {
    await fleet.health(0, "exporter queue is full");
    await expect(page.getByRole("row", { name: /edge-eu-0000/ })).toContainText("Unhealthy", { timeout: 2_000 });
  }).toPass({ timeout: 45_000 });
});
