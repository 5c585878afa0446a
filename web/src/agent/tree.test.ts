import { expect, it } from "vitest";
import { treeOf } from "./tree";

it("puts what is not well first, wherever it is", () => {
  const tree = treeOf({
    extensions: { healthy: true, components: { "extension:opamp": { healthy: true } } },
    "pipeline:logs": {
      healthy: true,
      components: { "receiver:b": { healthy: true }, "receiver:a": { healthy: true } },
    },
    "pipeline:metrics": { healthy: false, status: "StatusStarting" },
    "pipeline:traces": {
      healthy: true,
      components: { "receiver:a": { healthy: true }, "receiver:z": { healthy: false, last_error: "no port" } },
    },
  });
  expect(tree.map((n) => [n.name, n.state, n.troubled])).toEqual([
    ["pipeline:metrics", "changing", true],
    ["pipeline:traces", "healthy", true],
    ["extensions", "healthy", false],
    ["pipeline:logs", "healthy", false],
  ]);
  expect(tree[1]?.children.map((n) => n.name)).toEqual(["receiver:z", "receiver:a"]);
  expect(tree[3]?.children.map((n) => n.path)).toEqual(["/pipeline:logs/receiver:a", "/pipeline:logs/receiver:b"]);
  expect(treeOf(undefined)).toEqual([]);
});
