import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { expect, it } from "vitest";
import { idCompletion } from "./completion";
import { noIds, type Ids } from "./outline";

/** What is offered at the mark `|`: what would be written, by label. */
function complete(marked: string, explicit = false, fleet: Ids = { ...noIds, receivers: ["otlp"] }) {
  const pos = marked.indexOf("|");
  const state = EditorState.create({ doc: marked.slice(0, pos) + marked.slice(pos + 1) });
  const result = idCompletion(() => fleet)(new CompletionContext(state, pos, explicit));
  if (result === null || result instanceof Promise) return null;
  return { from: result.from, options: result.options.map((o) => [o.label, o.apply]) };
}

it("completes a word that has begun, and an empty one when asked", () => {
  expect(complete("receivers:\n  o|")).toEqual({ from: 13, options: [["otlp", "otlp:"]] });
  expect(complete("receivers:\n  |")).toBeNull();
  expect(complete("receivers:\n  |", true)?.options).toEqual([["otlp", "otlp:"]]);
});

it("does not write a second colon", () => {
  expect(complete("receivers:\n  ot|:\n")?.options).toEqual([["otlp", "otlp"]]);
});

it("offers at once inside a list, where only ids belong", () => {
  expect(complete("service:\n  pipelines:\n    logs:\n      receivers: [|]")?.options).toEqual([["otlp", "otlp"]]);
});

it("offers nothing where nothing is known", () => {
  expect(complete("processors:\n  b|")).toBeNull();
  expect(complete("receivers:\n  otlp:\n    p|", true)).toBeNull();
});
