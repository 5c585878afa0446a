import { expect, it } from "vitest";

import { sameDraft, type Draft } from "./draft";

const draft: Draft = { name: "edge", description: "", selector: "env=a", priority: 3, labels: { a: "b" }, config: "x:\n" };

it("a draft is the same whatever the order of labels, and differs in any field", () => {
  expect(sameDraft({ ...draft, labels: { a: "1", b: "2" } }, { ...draft, labels: { b: "2", a: "1" } })).toBe(true);
  expect(sameDraft(draft, { ...draft, selector: " env=a " })).toBe(true);
  const others: Partial<Draft>[] = [
    { name: "x" },
    { description: "x" },
    { selector: "x" },
    { priority: 4 },
    { labels: {} },
    { labels: { a: "c" } },
    { config: "x:" },
  ];
  for (const other of others) expect(sameDraft(draft, { ...draft, ...other }), JSON.stringify(other)).toBe(false);
});
