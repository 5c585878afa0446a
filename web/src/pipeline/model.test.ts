import { describe, expect, it } from "vitest";
import healthText from "../agent/testdata/health.json?raw";
import offeredText from "../agent/testdata/offered.yaml?raw";
import { readYaml } from "./document";
import { componentHealth, pipelineHealth, stateOf, type HealthNode } from "./health";
import { layOut, nodeHeight, nodeWidth, pathBetween } from "./layout";
import { modelOf, readPipelines } from "./model";

function told(text: string) {
  const model = readPipelines(text);
  const names = (list: { id: string; kind: string; defined: boolean }[]) =>
    list.map((c) => `${c.kind}:${c.id}${c.defined ? "" : "?"}`);
  return {
    pipelines: model.pipelines.map((p) => [p.id, names(p.receivers), names(p.processors), names(p.exporters)]),
    problems: model.problems,
  };
}

describe("readPipelines", () => {
  const model = readPipelines(offeredText);

  it("reads pipelines, with processors in order and connectors at both ends", () => {
    expect(told(offeredText)).toEqual({
      pipelines: [
        [
          "traces",
          ["receiver:otlp"],
          ["processor:memory_limiter", "processor:attributes/env", "processor:batch"],
          ["exporter:debug", "connector:spanmetrics", "connector:forward"],
        ],
        ["traces/out", ["connector:forward"], [], ["exporter:debug/basic"]],
        [
          "metrics",
          ["receiver:otlp", "receiver:hostmetrics", "connector:spanmetrics"],
          ["processor:memory_limiter", "processor:batch"],
          ["exporter:prometheusremotewrite", "exporter:debug"],
        ],
      ],
      problems: [],
    });
    expect(model.pipelines.map((p) => p.signal)).toEqual(["traces", "traces", "metrics"]);
    expect(model.extensions.map((e) => e.id)).toEqual(["health_check"]);
  });

  it("links components, and pipelines by their connectors", () => {
    const links = model.links.map((l) => `${l.from} > ${l.to}`);
    expect(links).toContain("traces|receivers|otlp > traces|processors|memory_limiter");
    expect(links).toContain("traces|processors|batch > traces|exporters|forward");
    expect(links).toContain("traces/out|receivers|forward > traces/out|exporters|debug/basic");
    expect(model.links.filter((l) => l.between).map((l) => `${l.from} > ${l.to}`)).toEqual([
      "traces|exporters|spanmetrics > metrics|receivers|spanmetrics",
      "traces|exporters|forward > traces/out|receivers|forward",
    ]);
  });

  it("keeps what a component is set to", () => {
    const settings = model.pipelines[0]?.exporters.map((c) => c.settings);
    expect(settings).toEqual([
      { verbosity: "detailed" },
      { histogram: { explicit: { buckets: ["10ms", "100ms", "1s"] } } },
      null,
    ]);
  });

  it("puts a pipeline after the one that feeds it, and bears circles", () => {
    const circle = (first: string) => `
connectors: {a: , b: }
service:
  pipelines:
    ${first}: {receivers: [a], exporters: [b]}
    traces/2: {receivers: [b], exporters: [a]}
`;
    expect(readPipelines(circle("traces/1")).pipelines.map((p) => p.id)).toEqual(["traces/2", "traces/1"]);
    const fed = "connectors: {c: }\nservice: {pipelines: {logs: {receivers: [c]}, traces: {exporters: [c]}}}";
    expect(readPipelines(fed).pipelines.map((p) => p.id)).toEqual(["traces", "logs"]);
  });

  it.each([
    ["", { pipelines: [], problems: [] }],
    ["receivers: {otlp: }", { pipelines: [], problems: [] }],
    ["service:", { pipelines: [], problems: [] }],
    ["service: {pipelines: }", { pipelines: [], problems: [] }],
    ["service: {pipelines: [traces]}", { pipelines: [], problems: [] }],
    ["- a", { pipelines: [], problems: ["The configuration is not a map."] }],
    [
      "service: {pipelines: {traces: }}",
      { pipelines: [["traces", [], [], []]], problems: ["Pipeline traces names no receivers and no exporters."] },
    ],
    [
      "service: {pipelines: {traces: {receivers: otlp, processors: [{}], exporters: [debug, debug]}}}",
      {
        pipelines: [["traces", [], [], ["exporter:debug?"]]],
        problems: [
          "traces::receivers is not a list.",
          "traces::processors holds something that is no component id.",
          "traces::exporters names debug twice.",
        ],
      },
    ],
    [
      "x: &p {receivers: [otlp], exporters: [debug]}\nreceivers: {otlp: }\nservice: {pipelines: {logs: {<<: *p, exporters: [nop]}}}",
      { pipelines: [["logs", ["receiver:otlp"], [], ["exporter:nop?"]]], problems: [] },
    ],
    [
      "receivers: {__proto__: {a: 1}}\nservice: {pipelines: {logs: {receivers: [__proto__, constructor]}}}",
      { pipelines: [["logs", ["receiver:__proto__", "receiver:constructor?"], [], []]], problems: [] },
    ],
  ])("reads %j", (text, want) => {
    expect(told(text)).toEqual(want);
  });

  it("says what is wrong with a text that is not YAML", () => {
    expect(readPipelines("a: [").problems[0]).toMatch(/at line 1/);
    expect(readPipelines("a: b: c").problems).toHaveLength(1);
  });

  it("refuses a text whose aliases multiply", () => {
    let text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (let i = 1; i < 9; i++) {
      text += `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(", ")}]\n`;
    }
    expect(readYaml(text).problem).toMatch(/alias/i);
  });
});

describe("health", () => {
  const root = JSON.parse(healthText) as HealthNode;

  it("is found under the names that a collector gives", () => {
    const model = readPipelines(offeredText);
    for (const p of model.pipelines) {
      expect(stateOf(pipelineHealth(root, p.id))).toBe("healthy");
      for (const c of [...p.receivers, ...p.processors, ...p.exporters]) {
        expect([p.id, c.id, stateOf(componentHealth(root, p.id, c))]).toEqual([p.id, c.id, "healthy"]);
      }
    }
    expect(stateOf(componentHealth(root, undefined, { kind: "extension", id: "opamp" }))).toBe("healthy");
  });

  it("is unknown where nothing is reported", () => {
    expect(stateOf(componentHealth(root, "logs", { kind: "receiver", id: "otlp" }))).toBe("unknown");
    expect(stateOf(componentHealth(undefined, "traces", { kind: "receiver", id: "otlp" }))).toBe("unknown");
    expect(stateOf(componentHealth(root, "traces", { kind: "receiver", id: "constructor" }))).toBe("unknown");
  });

  it.each([
    [{ healthy: true }, "healthy"],
    [{ healthy: false }, "unhealthy"],
    [{ healthy: false, status: "StatusStarting" }, "changing"],
    [{ healthy: false, status: "StatusPermanentError" }, "unhealthy"],
    [{ healthy: false, status: "StatusNone" }, "unknown"],
  ] as const)("of %j is %s", (node, want) => {
    expect(stateOf(node)).toBe(want);
  });
});

describe("a configuration of thousands", () => {
  const ids = (type: string, n: number) => Array.from({ length: n }, (_, i) => `${type}/${i}`);
  const pipeline = (receivers: string[], exporters: string[]) => ({ receivers, processors: [], exporters });

  it("is drawn in part, and what is left out is said", () => {
    const many = pipeline(ids("otlp", 3_000), ids("debug", 3_000));
    const { pipelines, links, problems } = modelOf({ service: { pipelines: { traces: many } } });
    expect(pipelines[0]?.receivers).toHaveLength(50);
    expect(pipelines[0]?.exporters).toHaveLength(50);
    expect(links).toHaveLength(2_000);
    expect(problems).toEqual([
      "Only the first 50 of 3,000 in traces::receivers are drawn.",
      "Only the first 50 of 3,000 in traces::exporters are drawn.",
      "Only the first 2,000 of 2,500 connections are drawn.",
    ]);
  });

  it("has no more components and connections over all its pipelines, and says no more than can be read", () => {
    const loop = ids("forward", 60);
    const names = ids("traces", 190);
    const connectors = Object.fromEntries(loop.map((id) => [id, null]));
    const written = Object.fromEntries(names.map((name) => [name, pipeline(loop, loop)]));
    const { pipelines, links, problems } = modelOf({ connectors, service: { pipelines: written } });
    expect(pipelines).toHaveLength(6);
    expect(links).toHaveLength(2_000);
    expect(problems).toHaveLength(11);
    expect(problems.at(-1)).toBe("And 4 more.");
  });

  it("is not read where its text takes seconds", () => {
    const text = `receivers:\n${"  otlp:\n".repeat(70_000)}`;
    expect(readPipelines(text).problems).toEqual(["The configuration is too large to be drawn."]);
  });
});

describe("layOut", () => {
  it("places rows below each other, from left to right, nothing over anything", () => {
    const { nodes, rows, width, height } = layOut(readPipelines(offeredText));
    expect(rows.map((r) => r.pipeline.id)).toEqual(["traces", "traces/out", "metrics"]);
    const inColumns = nodes.filter((n) => n.pipeline === "traces").map((n) => n.x);
    expect([...inColumns].sort((a, b) => a - b)).toEqual(inColumns);
    const lastX = nodes.filter((n) => n.component.key.includes("|exporters|")).map((n) => n.x);
    expect(new Set(lastX).size).toBe(1);
    for (const a of nodes) {
      const row = rows.find((r) => r.pipeline.id === a.pipeline);
      expect(row && a.y >= row.y && a.y + nodeHeight <= row.y + row.height && a.x + nodeWidth <= width).toBe(true);
      for (const b of nodes) {
        expect(a === b || a.x !== b.x || Math.abs(a.y - b.y) >= nodeHeight).toBe(true);
      }
    }
    const last = rows.at(-1);
    expect(last && last.y + last.height).toBe(height);
  });

  it("bears having nothing to place", () => {
    expect(layOut(readPipelines("")).height).toBe(0);
    expect(layOut(readPipelines("service: {pipelines: {logs: }}")).rows).toHaveLength(1);
  });

  it("leads from one pipeline to another around the rows, each line for itself", () => {
    const path = (lane: number) => pathBetween({ x: 900, y: 100 }, { x: 0, y: 400 }, 350, lane);
    expect(path(0)).toMatch(/^M 900 100 L /);
    expect(path(0)).toMatch(/ L 0 400$/);
    const numbers = (path(0).match(/-?[\d.]+/g) ?? []).map(Number);
    expect(Math.max(...numbers.filter((_, i) => i % 2 === 0))).toBe(916);
    expect(Math.min(...numbers.filter((_, i) => i % 2 === 0))).toBe(-16);
    expect(numbers.every(Number.isFinite)).toBe(true);
    expect(new Set([0, 1, 2, 3].map(path)).size).toBe(4);
    expect(pathBetween({ x: 0, y: 0 }, { x: 0, y: 0 }, 0, 0)).not.toMatch(/NaN/);
  });
});
