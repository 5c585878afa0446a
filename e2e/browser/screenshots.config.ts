import { defineConfig } from "@playwright/test";

import tests from "./playwright.config.ts";

// The pictures of the documents: make screenshots.
export default defineConfig({ ...tests, testDir: "screenshots", use: { ...tests.use, trace: "off", deviceScaleFactor: 1 } });
