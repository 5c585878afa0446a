import { expect, type Page } from "@playwright/test";

import type { Server } from "./server.ts";

/** Signs in as a person does, and waits for the page behind it. */
export async function signIn(page: Page, server: Server, token: string): Promise<void> {
  await page.goto(`${server.url}/sign-in`);
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("navigation", { name: "Parts of the dashboard" })).toBeVisible();
}
