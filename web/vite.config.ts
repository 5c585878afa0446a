import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { compressed } from "./scripts/compressed.ts";

// The browsers of the last two years or so: what an operator's machine has.
const target = ["chrome111", "firefox114", "safari16.4"];

export default defineConfig({
  plugins: [react(), compressed()],
  // web.go puts a fresh nonce in place of this word each time it serves the page.
  html: { cspNonce: "__CSP_NONCE__" },
  build: {
    target,
    outDir: "dist",
    emptyOutDir: true,
    manifest: "manifest.json", // read by the test that measures what the first page loads
    sourcemap: false,
    license: { fileName: "licenses.md" }, // of all that is in the scripts, which their terms ask for
    assetsInlineLimit: 0, // the policy allows no data: but for images, and one rule is simpler than two
    reportCompressedSize: false,
  },
  server: {
    // `npm run dev` beside a running `make run`.
    proxy: Object.fromEntries(
      ["/api", "/packages", "/metrics"].map((path) => [path, { target: process.env["SERVER"] ?? "http://127.0.0.1:4320" }]),
    ),
  },
  test: {
    environment: "jsdom",
    setupFiles: ["./vitest.setup.ts"],
    include: ["src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
    restoreMocks: true,
    testTimeout: 60_000, // a limit on what hangs, not on a busy machine
    unstubGlobals: true,
  },
});
