import { test, expect, expectAccessible } from "../support/test.ts";
import { agentName, agentId } from "../support/fleet.ts";
test("harness", async ({ server, fleet, page }) => {
  await fleet.connect(20);
  await fleet.health(3, "it hurts");
  const a = (await server.call("GET", `/agents/${agentId(3)}`)) as { name: string; status: string };
  expect(a.name).toBe(agentName(3));
  expect(a.status).toBe("unhealthy");
  await page.goto(server.url);
  await expectAccessible(page);
});
