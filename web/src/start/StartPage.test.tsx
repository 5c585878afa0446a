import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";

import { keys, newQueryClient } from "../api/queries";
import StartPage from "./StartPage";

vi.setConfig({ testTimeout: 60_000 });
const patience = { timeout: 30_000 };

afterEach(() => vi.unstubAllGlobals());

function open(answer: () => Response) {
  vi.stubGlobal("fetch", () => Promise.resolve(answer()));
  const client = newQueryClient();
  client.setDefaultOptions({ queries: { retry: false } });
  client.setQueryData(keys.session, { auth_mode: "none", name: "", role: "admin" });
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <StartPage />
      </QueryClientProvider>
    </MantineProvider>,
  );
}

describe("the page for an empty fleet", () => {
  it("is there where the server is not well, and says what is wrong", async () => {
    const checks = {
      storage: { status: "failed", detail: "the disk is full" },
      redis: { status: "disabled" },
      agents: { status: "ok" },
    };
    open(() => Response.json({ status: "failed", version: "1", agent_path: "/own", packages: false, checks }, { status: 503 }));
    expect((await screen.findByRole("alert", undefined, patience)).textContent).toMatch(/The server cannot do its work.*storage: failed: the disk is full$/);
    expect(screen.getByText(/^ws:.*\/own$/)).toBeTruthy();
  });

  it("says nothing of a server that is well", async () => {
    open(() => Response.json({ status: "ok", agent_path: "/own", packages: false, checks: { storage: { status: "ok" } } }));
    await screen.findByText(/^ws:.*\/own$/, undefined, patience);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("takes no other 503 for the server's health", async () => {
    open(() => new Response("<h1>no backend</h1>", { status: 503, headers: { "Content-Type": "text/html" } }));
    expect((await screen.findByRole("alert", undefined, patience)).textContent).toMatch(/Where agents connect could not be read/);
  });
});
