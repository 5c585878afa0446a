import { describe, expect, it } from "vitest";
import { readYaml } from "../pipeline/document";
import { compareConfigs, countDifferences } from "./compare";
import { offeredMarks, reportedMarks } from "./lines";
import offeredText from "./testdata/offered.yaml?raw";
import reportedText from "./testdata/reported.yaml?raw";
import { sameScalar } from "./values";

function compare(offered: string, reported: string) {
  const result = compareConfigs(readYaml(offered).value, readYaml(reported).value);
  return result.differences.map((d) => `${d.kind} ${d.path.join("::")}`);
}

describe("what a real collector reports of a configuration that it applied", () => {
  const offered = readYaml(offeredText);
  const reported = readYaml(reportedText);
  const comparison = compareConfigs(offered.value, reported.value);

  it("is no difference, but for what it never reports", () => {
    expect(comparison.differences.map((d) => `${d.kind} ${d.path.join("::")}`)).toEqual([
      "unreported receivers::hostmetrics::scrapers",
    ]);
    expect(countDifferences(comparison)).toBe(0);
    expect(offeredMarks(offered, comparison).size).toBe(0);
  });

  it("tells what the collector added and what is hidden", () => {
    const text = reportedText.split("\n");
    const marks = reportedMarks(reported, comparison);
    const marked = (kind: string) => text.filter((_, i) => marks.get(i + 1) === kind).map((line) => line.trim());
    expect(marked("redacted")).toEqual([
      "endpoint: http://user:[REDACTED]@127.0.0.1:9090/api/v1/write",
      "value: '[REDACTED]'",
      "value: '[REDACTED]'",
    ]);
    expect(marked("added")).toContain("metrics_flush_interval: 1m0s");
    expect(marked("added")).toContain("opamp:");
    expect(marked("added")).toContain("- opamp");
    expect(marked("added")).not.toContain("verbosity: Detailed");
    expect(marked("different")).toEqual([]);
  });

  it("marks what was changed since", () => {
    const changed = offeredText
      .replace("limit_mib: 512", "limit_mib: 1024")
      .replace("  debug/basic:\n", "  debug/basic:\n  debug/third:\n")
      .replace("X-Scope-OrgID", "X-Other")
      .replace("user:example@", "other:example@")
      .replace("processors: [memory_limiter, batch]", "processors: [batch, memory_limiter]");
    expect(compare(changed, reportedText)).toEqual([
      "unreported receivers::hostmetrics::scrapers",
      "different processors::memory_limiter::limit_mib",
      "missing exporters::debug/third",
      "different exporters::prometheusremotewrite::endpoint",
      "missing exporters::prometheusremotewrite::headers::X-Other",
      "different service::pipelines::metrics::processors::0",
      "different service::pipelines::metrics::processors::1",
    ]);
  });
});

describe("compareConfigs", () => {
  it.each([
    ["a component left to its defaults", "exporters:\n  debug:", "exporters: {debug: {verbosity: Normal}}"],
    [
      "zeros that are left out",
      "exporters: {a: {tls: {insecure: false}, retries: 0, wait: 0s, tags: []}}",
      "exporters: {a: {}}",
    ],
    ["an empty section", "processors: {}\nextensions:", "{}"],
    [
      "an empty list of processors",
      "service: {pipelines: {logs: {processors: []}}}",
      "service: {pipelines: {logs: {}}}",
    ],
    ["numbers with separators", "a: {b: 4_096, c: 1e3}", "a: {b: 4096, c: 1000}"],
    ["references to values of any kind", 'a: {b: "${env:B}", c: "${file:c.yaml}"}', "a: {b: 5, c: {d: [1]}}"],
    ["anchors and merge keys", "x: &x {a: 1}\ny: {<<: *x, b: 2}", "x: {a: 1}\ny: {a: 1, b: 2}"],
    ["the mark without quotes", "a: {password: x}", "a: {password: [REDACTED]}"],
    ["headers in another case", "a: {headers: {x-a: b}}", 'a: {headers: [{name: X-A, value: "[REDACTED]"}]}'],
    ["nothing at all", "", ""],
  ])("calls %s no difference", (_, offered, reported) => {
    expect(compare(offered, reported)).toEqual([]);
  });

  it.each([
    ["exporters:\n  debug:", "exporters: {}", ["missing exporters::debug"]],
    ["service: {pipelines: {logs: }}", "service: {}", ["missing service::pipelines"]],
    ["service: {pipelines: {logs: }}", "service: {pipelines: {}}", ["missing service::pipelines::logs"]],
    ["a: {b: [1, 2]}", "a: {b: [1, 2, 3]}", ["different a::b"]],
    ["a: {b: {c: 1}}", "a: {b: 5}", ["different a::b"]],
    ["a: true", "a: false", ["different a"]],
    ["a: 10s", "a: 11s", ["different a"]],
    ['a: "pre-${env:A}-post"', "a: pre-x-past", ["different a"]],
    ["a: ${env:A}x", "a: b", ["different a"]],
    ["service: {extensions: [a, b]}", "service: {extensions: [opamp, b]}", ["missing service::extensions::0"]],
    ["receivers: {hostmetrics: {scrapers: {load: }}}", "receivers: {}", ["missing receivers::hostmetrics"]],
    ["{constructor: {a: 1}, toString: 1}", "{}", ["missing constructor", "missing toString"]],
    ["a: 1", "- a", ["different "]],
  ])("finds in %s, reported as %s, %j", (offered, reported, want) => {
    expect(compare(offered, reported)).toEqual(want);
  });

  it("marks lines where they are written", () => {
    const text = "a:\n  b: 1\n  c:\n    - x\n    - y\nd: 2\n";
    const offered = readYaml(text);
    const comparison = compareConfigs(offered.value, readYaml("a: {b: 1}\nd: 3").value);
    expect([...offeredMarks(offered, comparison)]).toEqual([
      [3, "missing"],
      [4, "missing"],
      [5, "missing"],
      [6, "different"],
    ]);
  });
});

describe("numbers", () => {
  it.each([
    ["0644", 420],
    ["-0644", -420],
    ["0o644", 420],
    ["0_644", 420],
    ["0888", 888],
    ["0", 0],
    ["00", 0],
    ["0x1F", 31],
    ["-0x1f_f", -511],
    ["0b11", 3],
    ["1_000", 1000],
    ["+12", 12],
    ["1.5", 1.5],
    ["1e3", 1000],
    ["_1", "_1"],
    ['"0644"', "0644"],
    ["0644s", "0644s"],
  ])("are read as the collector reads them: %s", (text, value) => {
    expect(readYaml(`a: ${text}`).value).toEqual({ a: value });
  });

  it("are the same however they are written", () => {
    const offered = "exporters: {file: {permissions: 0644, directory_permissions: 0o755, mask: 0x1F, limit: 1_000}}";
    const reported = "exporters: {file: {permissions: 420, directory_permissions: 493, mask: 31, limit: 1000}}";
    expect(compare(offered, reported)).toEqual([]);
    expect(compare(offered, reported.replace("420", "644"))).toEqual(["different exporters::file::permissions"]);
  });
});

describe("sameScalar", () => {
  it.each([
    ["1m30s", "90s", true],
    ["0.5s", "500ms", true],
    ["500us", "500µs", true],
    ["1m", "1h", false],
    ["detailed", "Detailed", true],
    ["Detailed", "detailed", false],
    ["$$5", "$5", true],
    ["$5", "$5", true],
    ["http://u:p@h", "http://u:[REDACTED]@h", true],
    ["http://u:p@h", "http://u:[REDACTED]@other", false],
    ["a${env:X}b${env:Y:-${env:Z}}c", "a1b2c", true],
    ["a${env:X}b", "ab", true],
    ["aa${env:X}aa", "aaa", false],
    [8080, "8080", true],
    ["", null, true],
    ["on", true, false],
  ])("%j and %j: %s", (offered, reported, want) => {
    expect(sameScalar(offered, reported)).toBe(want);
  });
});
