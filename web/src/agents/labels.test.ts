import { describe, expect, it } from "vitest";
import { labelProblem, labelsOf, labelsPatch } from "./labels";

describe("labels", () => {
  it("are read without what is not filled in", () => {
    const fields = [
      { key: " env ", value: " production " },
      { key: "", value: "" },
      { key: "note", value: "" },
    ];
    expect(labelProblem(fields)).toBeUndefined();
    expect(labelsOf(fields)).toEqual({ env: "production", note: "" });
  });

  it("need a key, and each only once", () => {
    expect(labelProblem([{ key: " ", value: "x" }])).toMatch(/“x” has no key/);
    expect(
      labelProblem([
        { key: "a", value: "1" },
        { key: "a ", value: "2" },
      ]),
    ).toMatch(/a is there twice/);
  });

  it("become a patch of what differs", () => {
    expect(labelsPatch({ a: "1", b: "2", c: "3" }, { a: "1", b: "4", d: "5" })).toEqual({ b: "4", c: null, d: "5" });
    expect(labelsPatch({ a: "1" }, { a: "1" })).toEqual({});
  });
});
