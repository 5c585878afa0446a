import { rmSync } from "node:fs";

import { makeCertificate } from "../support/certificate.ts";
import { Fleet } from "../support/fleet.ts";
import { Server } from "../support/server.ts";
import { signIn } from "../support/session.ts";
import { expect, test } from "../support/test.ts";

// The certificate is made here and nobody's; that one which is not trusted is refused is the browser's affair.
test.use({ ignoreHTTPSErrors: true });

test("tls: the dashboard over HTTPS: session, a stream that outlives silence, the address for agents, the way out", async ({ page, context }) => {
  const made = makeCertificate();
  const server = await Server.startSecure(made.certificate, made.key, "--auth-mode", "token");
  const fleet = new Fleet(server, server.tokenFile("enrolment"));
  try {
    let streams = 0;
    page.on("request", (request) => {
      if (new URL(request.url()).pathname === "/api/v1/events") streams++;
    });
    await signIn(page, server, server.token("admin"));
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: "Strict" });
    await expect(page.getByText(server.endpoint, { exact: true })).toBeVisible();
    expect(server.endpoint).toMatch(/^wss:/);
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    const protocols = await page.evaluate(() =>
      (performance.getEntriesByType("resource") as PerformanceResourceTiming[]).filter((e) => e.name.includes("/api/v1/")).map((e) => e.nextHopProtocol),
    );
    expect(new Set(protocols)).toEqual(new Set(["h2"]));

    // Nothing happens, for longer than the server gives a request to be answered: it is still the first stream that tells of what comes.
    await page.waitForTimeout(13_000);
    await fleet.connect(2);
    await expect(page.getByText("2 agents, all connected and healthy").first()).toBeVisible();
    expect(streams).toBe(1);

    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    expect(await context.cookies()).toEqual([]);
    const answer = await context.request.get(`${server.url}/api/v1/agents`, { headers: { Cookie: `${cookie?.name}=${cookie?.value}` } });
    expect(answer.status()).toBe(401);
  } finally {
    await fleet.end();
    await server.remove();
    rmSync(made.dir, { recursive: true, force: true });
  }
});
