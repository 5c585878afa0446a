import { describe, expect, it } from "vitest";
import { cursorAt } from "./cursor";
import { noIds, type Ids } from "./outline";
import { suggestions } from "./suggest";

const fleet: Ids = { ...noIds, receivers: ["hostmetrics", "otlp"], exporters: ["debug", "otlphttp"], connectors: ["spanmetrics"] };

/** The ids offered at the mark `|`, best first. */
function offered(marked: string): string[] {
  const pos = marked.indexOf("|");
  const text = marked.slice(0, pos) + marked.slice(pos + 1);
  const cursor = cursorAt(text, pos);
  if (!cursor) return [];
  return suggestions(cursor.place, text, fleet)
    .sort((a, b) => b.rank - a.rank)
    .map((s) => s.id);
}

describe("what is offered", () => {
  it("leaves out the sections that are there", () => {
    expect(offered("receivers:\nexporters:\n|")).toEqual(["processors", "connectors", "extensions", "service"]);
  });

  it("leaves out what a section defines, and begins with what a pipeline misses", () => {
    const text = "receivers:\n  otlp:\n  |\nservice:\n  pipelines:\n    traces:\n      receivers: [otlp, kafka/in]\n";
    expect(offered(text)).toEqual(["kafka/in", "hostmetrics"]);
    const dashed = "receivers:\n  |\nservice:\n  pipelines:\n    traces:\n      receivers:\n        - otlp # first\n        - x\n";
    expect(offered(dashed)).toEqual(["otlp", "x", "hostmetrics"]);
  });

  it("offers in a pipeline what the document defines, connectors at both ends, then the rest of the fleet", () => {
    const text = (field: string) =>
      `receivers:\n  nop/a:\nexporters:\n  debug:\nconnectors:\n  forward:\nservice:\n  pipelines:\n    logs:\n      ${field}: [|]\n`;
    expect(offered(text("receivers"))).toEqual(["nop/a", "forward", "hostmetrics", "otlp", "spanmetrics"]);
    expect(offered(text("exporters"))).toEqual(["debug", "forward", "otlphttp", "spanmetrics"]);
    expect(offered(text("processors"))).toEqual([]);
  });

  it("does not offer an id twice, nor what is listed already", () => {
    expect(offered("receivers:\n  otlp:\nservice:\n  pipelines:\n    logs:\n      receivers: [otlp, |]\n")).toEqual([
      "hostmetrics",
      "spanmetrics",
    ]);
  });
});
