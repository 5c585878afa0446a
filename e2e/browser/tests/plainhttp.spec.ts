import { chromium } from "@playwright/test";

import { agentId } from "../support/fleet.ts";
import { expect, test } from "../support/test.ts";

// An appliance is often opened as http://HOST:4320. There a browser gives a page no clipboard and no crypto.randomUUID.
test("copying works over plain HTTP too, in a dialog and out of it", async ({ server, fleet }) => {
  await fleet.connect(1);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--host-resolver-rules=MAP 192.0.2.7 127.0.0.1"],
  });
  try {
    const page = await (await browser.newContext()).newPage();
    const url = `http://192.0.2.7:${server.port}`;
    const pasted = async (): Promise<string> => {
      await page.goto(`${url}/agents`);
      const field = page.getByRole("textbox", { name: "Search agents" });
      await field.focus();
      await page.keyboard.press("Control+V");
      return field.inputValue();
    };
    await page.goto(`${url}/agents/${agentId(0)}`);
    expect(await page.evaluate(() => [window.isSecureContext, "clipboard" in navigator])).toEqual([false, false]);
    const copy = page.getByRole("complementary").getByRole("button", { name: "Copy instance UID" });
    await copy.click();
    await expect(page.getByText("Copied")).toHaveCount(1);
    await expect(copy).toBeFocused(); // the keyboard is where it was
    expect(await pasted()).toBe(agentId(0));

    await page.goto(`${url}/tokens`);
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("grafana");
    await page.getByRole("button", { name: "Make token" }).click();
    const text = await page.getByTestId("secret").textContent();
    await page.getByRole("button", { name: "Copy the token" }).click();
    await expect(page.getByRole("dialog").getByText("Copied").first()).toBeVisible();
    await page.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("button", { name: "Make a token" })).toBeFocused();
    expect(await pasted()).toBe(text);
  } finally {
    await browser.close();
  }
});
