import { describe, expect, it } from "vitest";
import { cursorAt, type Place } from "./cursor";
import { definedIds } from "./outline";

/** The place at the mark `|` of a text. */
function at(marked: string): { place: Place; word: string } | null {
  const pos = marked.indexOf("|");
  const text = marked.slice(0, pos) + marked.slice(pos + 1);
  const found = cursorAt(text, pos);
  return found && { place: found.place, word: text.slice(found.from, pos) };
}

describe("where the cursor is", () => {
  it("knows the top of the document", () => {
    expect(at("rec|")).toEqual({ place: { kind: "top" }, word: "rec" });
    expect(at("receivers:\n  otlp:\n|")?.place).toEqual({ kind: "top" });
  });

  it.each(["receivers", "processors", "exporters", "connectors", "extensions"])("knows a key of %s", (section) => {
    expect(at(`${section}:\n  ot|`)).toEqual({ place: { kind: "define", section }, word: "ot" });
    expect(at(`a: 1\n${section}:\n    first/x:\n        k: v\n    |\nservice:\n`)?.place).toEqual({ kind: "define", section });
  });

  it("says nothing inside a component, in a value or in a comment", () => {
    expect(at("receivers:\n  otlp:\n    pro|")).toBeNull();
    expect(at("receivers:\n  otlp: a|")).toBeNull();
    expect(at("receivers:\n  # ot|")).toBeNull();
    expect(at("  x|")).toBeNull();
    expect(at("receivers:\n  x: [a, |]")).toBeNull();
  });

  it("knows the keys of the service and of a pipeline", () => {
    expect(at("service:\n  pi|")?.place).toEqual({ kind: "service" });
    expect(at("service:\n  pipelines:\n    tr|")?.place).toEqual({ kind: "pipeline" });
    expect(at("service:\n  pipelines:\n    traces:\n      receivers: [a]\n      |\n      exporters: [b]\n    logs:\n")?.place).toEqual({
      kind: "field",
      siblings: ["receivers", "exporters"],
    });
    expect(at("service:\n  telemetry:\n    |")).toBeNull();
  });

  it("knows an item of a list in brackets, on one line or on several", () => {
    const head = "service:\n  pipelines:\n    traces/a:\n      receivers: ";
    expect(at(`${head}[otlp, ho|]`)).toEqual({
      place: { kind: "reference", field: "receivers", listed: ["otlp"] },
      word: "ho",
    });
    expect(at(`${head}[|`)?.place).toEqual({ kind: "reference", field: "receivers", listed: [] });
    expect(at(`${head}[\n        otlp,\n        |, "x/1"\n      ]`)?.place).toEqual({
      kind: "reference",
      field: "receivers",
      listed: ["otlp", "x/1"],
    });
    expect(at("service:\n  extensions: [he|]")?.place).toEqual({ kind: "extension", listed: [] });
  });

  it("knows an item of a list with dashes, indented or not", () => {
    const head = "service:\n  pipelines:\n    traces:\n      exporters:\n";
    expect(at(`${head}        - debug\n        - ot|`)).toEqual({
      place: { kind: "reference", field: "exporters", listed: ["debug"] },
      word: "ot",
    });
    expect(at(`${head}      - debug\n      - |`)?.place).toEqual({ kind: "reference", field: "exporters", listed: ["debug"] });
    expect(at("service:\n  extensions:\n    - |")?.place).toEqual({ kind: "extension", listed: [] });
  });

  it("says nothing in a map in braces", () => {
    expect(at("service:\n  pipelines: {traces: {receivers: |")).toBeNull();
  });
});

describe("what a text defines", () => {
  it("reads each section, half-written text included", () => {
    const text = [
      "receivers:",
      "  # the usual one",
      "  otlp:",
      "    protocols:",
      "      grpc:",
      '  "quoted/1":',
      "  otlp:",
      "exporters: {}",
      "processors:",
      "    batch: {}",
      "    memory_limiter/small: # comment",
      "      limit: 1",
      "service:",
      "  pipelines:",
      "    traces:",
      "      receivers: [otlp",
    ].join("\r\n");
    expect(definedIds(text)).toEqual({
      receivers: ["otlp", "quoted/1"],
      processors: ["batch", "memory_limiter/small"],
      exporters: [],
      connectors: [],
      extensions: [],
    });
  });
});
