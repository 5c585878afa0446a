import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import { ErrorBoundary } from "./ErrorBoundary";

it.each([
  "Failed to fetch dynamically imported module: http://fleet:4320/assets/TokensPage-1.js", // Chromium
  "error loading dynamically imported module: http://fleet:4320/assets/TokensPage-1.js", // Firefox
  "Importing a module script failed.", // Safari
  "Unable to preload CSS for /assets/TokensPage-1.css", // Vite, whose styles come first
])("knows a page that is older than the server: %s", (message) => {
  vi.spyOn(console, "error").mockReturnValue();
  const Gone = (): never => {
    throw new Error(message);
  };
  render(
    <MantineProvider env="test">
      <ErrorBoundary>
        <Gone />
      </ErrorBoundary>
    </MantineProvider>,
  );
  expect(screen.getByRole("alert").textContent).toContain("The page is of another version than the server, or the server is away.");
});
