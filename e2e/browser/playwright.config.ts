import { defineConfig } from "@playwright/test";

// Debian's Chromium, headless. It runs as root in continuous integration, where it
// cannot make a sandbox of its own; it opens nothing but our own pages.
export default defineConfig({
  testDir: "tests",
  outputDir: "../../.cache/browser-results",
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  retries: 0,
  workers: 1, // the figures of one test are not to be another's load
  reporter: [["list"]],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "UTC",
    trace: "retain-on-failure",
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] },
  },
});
