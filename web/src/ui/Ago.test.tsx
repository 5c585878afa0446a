import { render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { api } from "../api/client";
import { newQueryClient, fleetHistoryQuery } from "../api/queries";
import { noteServerDate } from "../api/servertime";
import { Ago } from "./Ago";

const here = Date.UTC(2026, 10, 26, 12);
const minute = 60_000;

/** The server answers by a clock that is this far ahead, after this long. */
function answerBy(ahead: number, after = 0): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (address: string) => {
    asked.push(address);
    vi.setSystemTime(Date.now() + after);
    return Promise.resolve(new Response("{}", { headers: { Date: new Date(Date.now() + ahead).toUTCString() } }));
  });
  return asked;
}

const shown = (at: number, own = false): string => {
  render(<Ago at={new Date(at).toISOString()} own={own} />);
  return screen.getByRole("time").textContent;
};

beforeEach(() => vi.useFakeTimers({ now: here }));
afterEach(() => {
  noteServerDate(new Date(Date.now()).toUTCString(), Date.now()); // for whoever comes next
  vi.useRealTimers();
});

describe("Ago", () => {
  it.each([7 * minute, -7 * minute])("counts by the server's clock, which is %i ms ahead", async (ahead) => {
    answerBy(ahead);
    await api.get("/session");
    expect(shown(here + ahead - 3 * minute)).toMatch(/^[23] min ago$/);
  });

  it("counts what is of this machine by its own clock", async () => {
    answerBy(7 * minute);
    await api.get("/session");
    expect(shown(here - 3 * minute, true)).toBe("3 min ago");
  });

  it.each([
    ["is rounded, and late by the way", 2_000, 0],
    ["took long to answer", 0, 20_000],
  ])("takes it for no difference where the server %s", async (_, ahead, after) => {
    answerBy(ahead, after);
    await api.get("/session");
    expect(shown(Date.now() - 3 * minute)).toBe("3 min ago");
  });
});

describe("the fleet's last hour", () => {
  it("is the server's", async () => {
    const asked = answerBy(-2 * 60 * minute);
    await api.get("/session");
    await newQueryClient().query(fleetHistoryQuery(1));
    const from = new URLSearchParams(asked.at(-1)?.split("?")[1]).get("from") ?? "";
    expect(Math.abs(Date.parse(from) - (here - 3 * 60 * minute))).toBeLessThan(2_000);
  });
});
