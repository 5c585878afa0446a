import { AxeBuilder } from "@axe-core/playwright";
import { type Page, test as base, expect } from "@playwright/test";

import { Collector } from "./collector.ts";
import { Fleet } from "./fleet.ts";
import { Server } from "./server.ts";

interface Fixtures {
  /** A server in auth.mode none. */
  server: Server;
  /** A server in auth.mode token. */
  guarded: Server;
  fleet: Fleet;
  /** Starts a real collector beside `server`. */
  collector: (name: string) => Promise<Collector>;
  /** What the page must not do, in any test: see below. */
  wellBehaved: undefined;
}

export const test = base.extend<Fixtures>({
  server: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.remove();
  },
  guarded: async ({}, use) => {
    const server = await Server.start("--auth-mode", "token");
    await use(server);
    await server.remove();
  },
  fleet: async ({ server }, use) => {
    const fleet = new Fleet(server);
    await use(fleet);
    await fleet.end();
  },
  collector: async ({ server }, use) => {
    const started: Collector[] = [];
    await use(async (name) => {
      const collector = await Collector.start(server, name);
      started.push(collector);
      return collector;
    });
    await Promise.all(started.map((collector) => collector.stop()));
  },
  // No request to another origin, nothing that the Content-Security-Policy had to
  // stop, no error that nobody has caught.
  wellBehaved: [
    async ({ page }, use) => {
      const faults: string[] = [];
      page.on("request", (request) => {
        const url = new URL(request.url());
        if (!["data:", "blob:", "about:"].includes(url.protocol) && url.hostname !== "127.0.0.1") {
          faults.push(`a request to another origin: ${request.url()}`);
        }
      });
      page.on("pageerror", (err) => faults.push(`an uncaught error: ${err.message}`));
      page.on("console", (message) => {
        if (/Content.Security.Policy/i.test(message.text())) {
          faults.push(message.text());
        }
      });
      await use(undefined);
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
});

/** WCAG 2.1 A and AA, as far as axe can tell, once what fades in has done so. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map((a) => a.finished));
  });
  const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]).analyze();
  const told = found.violations.map((v) => `${v.id}: ${v.help}\n  ${v.nodes.map((n) => `${n.target.join(" ")} ${n.failureSummary ?? ""}`).join("\n  ")}`);
  expect(told).toEqual([]);
}

export { expect };
