import { expect, it } from "vitest";
import { selectorExamples, selectorHint } from "./selector";

it("says nothing of selectors that are right", () => {
  const right = ["env", "host.name=edge-1", "cores>8,env=a", "a notin (x,y),b", "origin=a", "order.by=x", "for-all=b", "k8s.io/name=x"];
  for (const s of [...right, ...selectorExamples.map((e) => e.text)]) expect(selectorHint(s), s).toBeNull();
});

it.each([
  ["", "assigned"],
  ["  ", "assigned"],
  ['env="production"', "quotes"],
  ["a=b && c=d", "comma"],
  ["a=b and c=d", "comma"],
  ["a=b || c=d", "in ("],
  ["a=b or a=c", "in ("],
  ["host.name=edge-*", "wildcards"],
  ["version>1.2", "whole numbers"],
  ["env in (a,b", "closed"],
  ["env: production", "equals"],
  ["env:production", "equals"],
])("knows the mistake in %j", (selector, said) => {
  expect(selectorHint(selector)).toContain(said);
});
