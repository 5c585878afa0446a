import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { FleetStatus } from "../api/types";
import { SAY_MS, Verdict } from "./Verdict";

function fleet(unhealthy: number): FleetStatus {
  const config = { applied: 0, applying: 0, pending: 0, failed: 0, unassigned: 10_000, unsupported: 0 };
  return { total: 10_000, connected: 10_000, generated_at: "", healthy: 10_000 - unhealthy, unhealthy, disconnected: 0, unknown: 0, config, versions: [] };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("shows each change, and reads out few of them", () => {
  const { rerender } = render(<Verdict status={fleet(0)} />);
  const said = new Set<string | null>();
  const minutes = 2;
  for (let second = 0; second < 60 * minutes; second += 2) {
    rerender(<Verdict status={fleet(second)} />);
    act(() => void vi.advanceTimersByTime(2_000));
    said.add(screen.getByRole("status").textContent);
  }
  rerender(<Verdict status={fleet(777)} />);
  expect(screen.getByText("Of 10,000 agents: 777 unhealthy").getAttribute("aria-hidden")).toBe("true");
  expect(said.size).toBeGreaterThan(2);
  expect(said.size).toBeLessThanOrEqual(1 + (60_000 * minutes) / SAY_MS);
  act(() => void vi.advanceTimersByTime(SAY_MS));
  expect(screen.getByRole("status").textContent).toBe("Of 10,000 agents: 777 unhealthy"); // the last word is not lost
});
