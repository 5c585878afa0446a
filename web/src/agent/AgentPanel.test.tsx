import { cleanup, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { agentNo } from "../agents/testdata";
import { show } from "../agents/testpage";
import { api } from "../api/client";
import { ApiError } from "../api/problem";
import type { Agent, Role } from "../api/types";
import type { HealthNode } from "../pipeline/health";
import AgentPanel from "./AgentPanel";
import healthText from "./testdata/health.json?raw";
import offeredText from "./testdata/offered.yaml?raw";
import reportedText from "./testdata/reported.yaml?raw";

const health = { status: "", last_error: "", ...(JSON.parse(healthText) as HealthNode) };

const real: Partial<Agent> = {
  capabilities: ["AcceptsRemoteConfig", "ReportsEffectiveConfig", "AcceptsRestartCommand", "ReportsHealth"],
  health,
  config: { config_id: "c", config_name: "edge", version: 2, source: "selector", status: "applied", error: "" },
  effective_config: { hash: "00", files: { "": reportedText }, redacted: true },
};

function open(change: Partial<Agent>, address = "/agents/id-1", offered = offeredText, role: Role = "admin") {
  const onClose = vi.fn();
  const onForgotten = vi.fn();
  const shown = show(
    <AgentPanel id="id-1" onClose={onClose} onForgotten={onForgotten} />,
    address,
    {
      "/agents/id-1": () => agentNo(1, { ...real, ...change }),
      "/configs/c/versions/2": () => ({
        config_id: "c",
        version: 2,
        config: offered,
        hash: "00",
        created_at: "2026-01-01T00:00:00Z",
      }),
    },
    role,
  );
  return { ...shown, onClose, onForgotten };
}

describe("the panel of an agent", () => {
  it("says who it is, what it is meant to run and what it can do", async () => {
    open({ labels: { env: "production" } });
    expect(await screen.findByRole("heading", { name: "edge-1" })).toBeTruthy();
    const config = within(screen.getByRole("region", { name: "Configuration" }));
    expect(config.getByRole("link", { name: "edge" }).getAttribute("href")).toBe("/configs/c");
    expect(config.getByText(/version 2, chosen by its selector/)).toBeTruthy();
    expect(screen.getByText("env=production")).toBeTruthy();
    expect(screen.getByText("Can be restarted from here")).toBeTruthy();
    expect(screen.queryByText("Cannot be restarted from here")).toBeNull();
  });

  it("says first what is wrong, and offers a refused configuration once more", async () => {
    const post = vi.spyOn(api, "post").mockResolvedValue(undefined);
    open({
      status: "unhealthy",
      health: { healthy: false, status: "", last_error: "no port" },
      config: {
        config_id: "c",
        config_name: "edge",
        version: 2,
        source: "selector",
        status: "failed",
        error: "exit code 1",
      },
    });
    expect((await screen.findByText(/reports that it is unhealthy/)).parentElement?.textContent).toMatch(/no port/);
    expect(screen.getByText(/could not apply edge version 2/).parentElement?.textContent).toMatch(/exit code 1/);
    await userEvent.setup().click(screen.getByRole("button", { name: "Offer it once more" }));
    expect(post).toHaveBeenCalledWith("/agents/id-1/config/retry");
  });

  it("sends only the labels that were changed", async () => {
    const user = userEvent.setup();
    const patch = vi.spyOn(api, "patch").mockResolvedValue(agentNo(1, { labels: { env: "staging", team: "a" } }));
    open({ labels: { env: "production", old: "x" } });
    await user.click(await screen.findByRole("button", { name: "Edit labels" }));
    const value = screen.getByRole("textbox", { name: "Value of label 1" });
    await user.clear(value);
    await user.type(value, "staging");
    await user.click(screen.getByRole("button", { name: "Take label old away" }));
    await user.click(screen.getByRole("button", { name: "Save labels" }));
    expect(patch).toHaveBeenCalledWith("/agents/id-1", { labels: { env: "staging", old: null } });
  });

  it("forgets only one that is gone, by its name", async () => {
    const user = userEvent.setup();
    const remove = vi.spyOn(api, "delete").mockResolvedValue(undefined);
    const { onForgotten } = open({ connected: false, status: "disconnected" });
    await user.click(await screen.findByRole("button", { name: "More to do with this agent" }));
    await user.click(await screen.findByRole("menuitem", { name: "Forget" }));
    const dialog = await screen.findByRole("dialog", { name: "Forget edge-1" });
    const button = within(dialog).getByRole("button", { name: "Forget the agent" });
    expect(button.hasAttribute("disabled")).toBe(true);
    await user.type(within(dialog).getByRole("textbox"), "edge-1");
    await user.click(button);
    expect(remove).toHaveBeenCalledWith("/agents/id-1");
    expect(onForgotten).toHaveBeenCalledWith("id-1");
  });

  it("marks what was offered and is not what the agent runs", async () => {
    open({}, "/agents/id-1?tab=config", offeredText.replace("limit_mib: 512", "limit_mib: 1024"));
    const table = await screen.findByRole("table", { name: /missing or different/ });
    const changed = within(table).getByRole("row", { name: /processors::memory_limiter::limit_mib/ });
    expect(changed.textContent).toBe("processors::memory_limiter::limit_mib1024512");
    const offered = screen.getByRole("region", { name: "Offered: edge version 2" });
    expect(within(offered).getByText(/different in what the agent runs/).parentElement?.textContent).toMatch(
      /limit_mib: 1024/,
    );
    expect(screen.getByText("1 setting of what was offered is missing or different.")).toBeTruthy();
  });

  it("calls what a real collector made of it no difference", async () => {
    open({}, "/agents/id-1?tab=config");
    expect(await screen.findByText(/All that was offered is in what the agent reports/)).toBeTruthy();
    await userEvent.setup().click(screen.getByRole("switch", { name: "Hide what the collector added" }));
    expect(screen.queryByText(/metrics_flush_interval/)).toBeNull();
    expect(screen.getAllByText(/lines? added by the collector/).length).toBeGreaterThan(5);
  });

  it("takes the one file of an agent that names it for its configuration", async () => {
    const named: Partial<Agent> = { effective_config: { hash: "00", files: { "collector.yaml": reportedText }, redacted: true } };
    open(named, "/agents/id-1?tab=config");
    expect(await screen.findByText(/All that was offered is in what the agent reports/)).toBeTruthy();
    cleanup();
    open(named, "/agents/id-1?tab=pipelines");
    expect(await screen.findByText("List")).toBeTruthy();
    expect(screen.queryByText(/has not reported/)).toBeNull();
  });

  it("compares nothing with one of several files", async () => {
    open({ effective_config: { hash: "00", files: { "a.yaml": "a: 1\n", "b.yaml": "b: 1\n" } } }, "/agents/id-1?tab=config");
    expect(await screen.findByRole("region", { name: "Effective: what the agent runs" })).toBeTruthy();
    expect(screen.queryByText(/missing or different/)).toBeNull();
  });

  it("tells the pipelines in words, and a component's settings", async () => {
    const user = userEvent.setup();
    open({}, "/agents/id-1?tab=pipelines");
    await user.click(await screen.findByText("List"));
    const traces = await screen.findByRole("region", { name: "Pipeline traces" });
    await user.click(within(traces).getByRole("button", { name: "spanmetrics" }));
    expect(within(traces).getByText(/^(Healthy|Unhealthy|No health reported)$/).querySelector("svg")).not.toBeNull();
    expect(screen.getByRole("region", { name: "Connector spanmetrics" }).textContent).toMatch(
      /namespace: traces.span.metrics/,
    );
  });

  it("offers nothing to one who may only read", async () => {
    open({ connected: false }, "/agents/id-1", offeredText, "read");
    await screen.findByRole("heading", { name: "edge-1" });
    expect(screen.queryByRole("button", { name: "Assign" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Edit labels" })).toBeNull();
  });

  it("says that somebody has forgotten it, and offers nothing more to do with it", async () => {
    let there = true;
    const { client } = show(<AgentPanel id="id-1" onClose={vi.fn()} onForgotten={vi.fn()} />, "/agents/id-1", {
      "/agents/id-1": () => {
        if (!there) throw new ApiError({ status: 404, detail: "there is no agent" });
        return agentNo(1, { ...real, connected: false });
      },
    });
    await screen.findByRole("button", { name: "Edit labels" });
    there = false;
    await client.invalidateQueries({ queryKey: ["agent"] });
    expect((await screen.findByRole("alert")).textContent).toMatch(/has been forgotten meanwhile/);
    expect(screen.getByRole("heading", { name: "edge-1" })).toBeTruthy();
    for (const name of ["Edit labels", "Assign", "Restart"]) expect(screen.queryByRole("button", { name })).toBeNull();
  });

  it("says that there is no such agent", async () => {
    show(<AgentPanel id="gone" onClose={vi.fn()} onForgotten={vi.fn()} />, "/agents/gone", {});
    expect((await screen.findByRole("alert")).textContent).toMatch(/The agent could not be shown/);
  });
});
