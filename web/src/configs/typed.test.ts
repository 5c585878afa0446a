import { describe, expect, it } from "vitest";

import type { Draft } from "./draft";
import { applyEdits, editAround, editsBetween, retyped, typedOver } from "./typed";

const stored: Draft = {
  name: "edge",
  description: "",
  selector: "env=a",
  priority: 3,
  labels: { a: "b" },
  config: "one: 1\npassword: hunter2\ntwo: 2\nthree: 3\n",
};

describe("what was typed", () => {
  const texts = ["", "a\n", "a\nb\n", "b\na\n", "a\r\nb\r\n", "a\n\nb", "x\na\nb\ny\n", "a\nb\na\nb\n", "ä\n😀\n"];
  it.each(texts.flatMap((from) => texts.map((to) => [from, to] as const)))("makes %j into %j again", (from, to) => {
    expect(applyEdits(from, editsBetween(from, to))).toBe(to);
    expect(applyEdits(from, [editAround(from, to)])).toBe(to);
  });

  it("holds nothing of what stood there already", () => {
    const mine = { ...stored, selector: "env=b", config: stored.config.replace("one: 1", "one: 11").replace("three: 3\n", "three: 3\nfour: 4\n") };
    const typed = typedOver(stored, mine);
    expect(JSON.stringify(typed)).not.toContain("hunter2");
    expect(typed.fields).toEqual({ selector: "env=b" });
    expect(retyped(stored, stored.config, typed)).toEqual(mine);
  });

  it("leaves fields alone that others change meanwhile", () => {
    const typed = typedOver(stored, { ...stored, priority: 9 });
    expect(retyped({ ...stored, description: "theirs" }, stored.config, typed)).toMatchObject({ description: "theirs", priority: 9 });
  });
});
