import { expect, expectAccessible, test } from "../support/test.ts";

test("session: one signs in with a token, which no script holds, and comes to the page that was wanted", async ({ guarded, page, context }) => {
  await page.goto(`${guarded.url}/agents?q=edge`);
  await expect(page).toHaveURL(/\/sign-in/);
  await expectAccessible(page);

  await page.getByLabel("Token", { exact: true }).fill("olly_wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("This token is not known here.")).toBeVisible();

  const token = guarded.token("admin");
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/agents\?q=edge/);
  await expect(page.getByRole("heading", { level: 1, name: "Agents" })).toBeVisible();

  const held = await page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML]));
  expect(held).not.toContain(token);
  const cookies = await context.cookies();
  expect(cookies.map((c) => [c.name, c.httpOnly, c.sameSite])).toEqual([["ollystack_session", true, "Strict"]]);
  expect(cookies[0]?.value).not.toContain(token);
});

test("session: signing out ends it, also for whoever has kept the cookie", async ({ guarded, page, context }) => {
  await page.goto(guarded.url);
  await page.getByLabel("Token", { exact: true }).fill(guarded.token("admin"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("navigation", { name: "Parts of the dashboard" })).toBeVisible();
  const [kept] = await context.cookies();
  await page.getByRole("link", { name: "Configurations" }).click();
  await page.getByRole("link", { name: "New configuration" }).first().click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("secret-plans");
  const drafts = () => page.evaluate(() => JSON.stringify({ ...localStorage }));
  await expect.poll(drafts).toContain("secret-plans");

  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("dialog", { name: "There is text that is not saved" }).getByRole("button", { name: "Discard and sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  expect(await context.cookies()).toEqual([]);
  expect(await drafts()).not.toContain("secret-plans");
  const answer = await fetch(`${guarded.url}/api/v1/agents`, { headers: { Cookie: `${kept?.name}=${kept?.value}` } });
  expect(answer.status).toBe(401);
});

test("session: a token that is deleted ends its sessions, and the page says so", async ({ guarded, page }) => {
  const made = (await guarded.call("POST", "/tokens", { name: "guest", role: "admin" })) as { id: string; token: string };
  await page.goto(`${guarded.url}/agents`);
  await page.getByLabel("Token", { exact: true }).fill(made.token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Agents" })).toBeVisible();
  await guarded.call("DELETE", `/tokens/${made.id}`);
  await expect(page).toHaveURL(/\/sign-in/);
});

test("session: another site's page can do nothing with the cookie", async ({ guarded, page, context }) => {
  await page.goto(guarded.url);
  await page.getByLabel("Token", { exact: true }).fill(guarded.token("admin"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("navigation", { name: "Parts of the dashboard" })).toBeVisible();
  const [cookie] = await context.cookies();
  const answer = await fetch(`${guarded.url}/api/v1/configs?name=planted`, {
    method: "POST",
    headers: { Cookie: `${cookie?.name}=${cookie?.value}`, "Content-Type": "application/yaml", Origin: "http://evil.example" },
    body: "receivers: {}",
  });
  expect(answer.status).toBe(403);
});
