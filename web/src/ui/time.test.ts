import { describe, expect, it } from "vitest";

import { counted, percent } from "./numbers";
import { absolute, relative } from "./time";

describe("relative", () => {
  it.each([
    [0, "just now"],
    [5, "5 s ago"],
    [59, "59 s ago"],
    [60, "1 min ago"],
    [3 * 3600 + 59, "3 h ago"],
    [90_000, "1 d ago"],
    [400 * 86_400, "1 y ago"],
    [-7200, "in 2 h"],
  ])("%i seconds: %s", (seconds, text) => {
    const now = Date.UTC(2026, 10, 26);
    expect(relative(now - seconds * 1000, now)).toBe(text);
  });
});

describe("absolute", () => {
  it("has the viewer's zone in it", () => {
    expect(absolute(Date.UTC(2026, 10, 26, 12, 31, 4))).toMatch(/^2026-11-2\d \d\d:\d\d:04 \S+/);
  });
});

describe("numbers", () => {
  it("speaks of one and of many", () => {
    expect(counted(1, "agent")).toBe("1 agent");
    expect(counted(1204, "agent")).toBe("1,204 agents");
  });

  it.each([
    [0, 10, "0 %"],
    [10, 10, "100 %"],
    [1, 10_000, "<0.1 %"],
    [9_999, 10_000, ">99.9 %"],
    [3, 100, "3.0 %"],
    [1, 3, "33.3 %"],
    [0, 0, "0 %"],
  ])("%i of %i is %s", (part, whole, text) => expect(percent(part, whole)).toBe(text));
});
