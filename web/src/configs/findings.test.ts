import { describe, expect, it } from "vitest";
import { countFindings, fieldOf, marksOf, type Finding } from "./findings";

const finding = (more: Partial<Finding>): Finding => ({
  severity: "error",
  code: "undefined-receiver",
  path: "service::pipelines::traces::receivers[0]",
  line: 1,
  column: 1,
  message: "It is not defined.",
  ...more,
});

/** The text that a finding would be marked at. */
function marked(text: string, line: number, column: number): string | undefined {
  const mark = marksOf([finding({ line, column })], text)[0];
  return mark && text.slice(mark.from, mark.to);
}

describe("where a finding is shown", () => {
  const text = 'service:\n  pipelines:\n    traces:\n      receivers: [otlp, nope/1]\n      exporters: ["de bug"]\n';

  it("marks the word at its column", () => {
    expect(marked(text, 4, 25)).toBe("nope/1");
    expect(marked(text, 4, 19)).toBe("otlp");
    expect(marked(text, 5, 19)).toBe('"de bug"');
    expect(marked(text, 1, 1)).toBe("service");
  });

  it("counts characters, as the server does, where the editor counts UTF-16 units", () => {
    expect(marked("a: [\u{1F600}, bad]", 1, 8)).toBe("bad");
  });

  it("marks the line where there is no column, or one that is no longer there", () => {
    expect(marked(text, 2, 0)).toBe("pipelines:");
    expect(marked(text, 2, 80)).toBe("pipelines:");
    expect(marked("a: b\r\nc: d\r\n", 1, 0)).toBe("a: b");
  });

  it("loses none where the text has got shorter", () => {
    const marks = marksOf([finding({ line: 40, column: 3 })], "a: b\nc: d");
    expect(marks).toHaveLength(1);
    expect(marks[0]).toMatchObject({ from: 5, to: 9 });
    expect(marksOf([finding({})], "")).toMatchObject([{ from: 0, to: 0 }]);
  });

  it("leaves out what has no line, and sorts the rest", () => {
    const marks = marksOf([finding({ line: 3 }), finding({ line: 0, column: 0 }), finding({ line: 2, severity: "warning" })], text);
    expect(marks.map((m) => m.severity)).toEqual(["warning", "error"]);
  });
});

it("tells which field a finding is about", () => {
  expect(fieldOf(finding({ line: 0, path: "selector" }))).toBe("selector");
  expect(fieldOf(finding({ line: 0, path: "labels.env" }))).toBe("labels");
  expect(fieldOf(finding({ line: 0, path: "service" }))).toBeNull();
  expect(fieldOf(finding({ line: 3, path: "name" }))).toBeNull();
});

it("counts findings in words", () => {
  expect(countFindings([])).toBe("no findings");
  expect(countFindings([finding({})])).toBe("1 error");
  expect(countFindings([finding({}), finding({}), finding({ severity: "warning" })])).toBe("2 errors, 1 warning");
});
