// @vitest-environment jsdom
import { forEachDiagnostic } from "@codemirror/lint";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Editor, lineBreakOf, type EditorOptions } from "./editor";
import { noIds } from "./outline";

// jsdom takes seconds for the first style sheet that the editor adds, more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let editor: Editor;
afterEach(() => {
  editor.destroy();
});

function open(text: string, more: Partial<EditorOptions> = {}): Editor {
  const options = {
    parent: document.body,
    text,
    label: "Configuration",
    nonce: "abc",
    readOnly: false,
    fleet: () => noIds,
    onChange: vi.fn(),
    onSave: vi.fn(),
    ...more,
  };
  editor = new Editor(options);
  return editor;
}

describe("the editor", () => {
  it.each(["a: 1\nb: 2\n", "a: 1\r\nb: 2\r\n", "a: 1\r\nb: 2\n", "a: 1\rb: 2", "\ufeffa: 1\n", ""])("keeps every byte of %j", (text) => {
    const onChange = vi.fn();
    expect(open(text, { onChange }).text).toBe(text);
    editor.view.dispatch({ changes: { from: 0, insert: "x" } });
    expect(onChange).toHaveBeenLastCalledWith(`x${text}`);
    editor.replace(text);
    expect(editor.text).toBe(text);
  });

  it("tells its name and where its help is", () => {
    open("a: 1", { label: "Configuration edge", describedBy: "how" });
    const content = editor.view.contentDOM;
    expect(content.getAttribute("aria-label")).toBe("Configuration edge");
    expect(content.getAttribute("aria-describedby")).toBe("how");
    expect(content.getAttribute("role")).toBe("textbox");
  });

  it("cannot be typed in while it is read-only", () => {
    open("a: 1", { readOnly: true });
    expect(editor.view.contentDOM.getAttribute("contenteditable")).toBe("false");
    editor.setReadOnly(false);
    expect(editor.view.contentDOM.getAttribute("contenteditable")).toBe("true");
  });

  it("shows findings at their places, and the next ones instead of them", () => {
    open("receivers:\n  otlp:\n");
    const finding = { severity: "error", code: "unused", path: "", line: 2, column: 3, message: "It is not used." };
    editor.show([finding]);
    const seen: string[] = [];
    const look = () => {
      seen.length = 0;
      forEachDiagnostic(editor.view.state, (d, from, to) => seen.push(`${d.severity} ${editor.view.state.sliceDoc(from, to)}`));
      return seen;
    };
    expect(look()).toEqual(["error otlp"]);
    editor.show([{ ...finding, severity: "warning", line: 1, column: 1 }]);
    expect(look()).toEqual(["warning receivers"]);
    editor.show([]);
    expect(look()).toEqual([]);
  });

  it("goes to a line, to the nearest one where it is gone", () => {
    open("a: 1\nbb: 2");
    editor.goTo(2, 3);
    expect(editor.view.state.selection.main.head).toBe(7);
    editor.goTo(99, 99);
    expect(editor.view.state.selection.main.head).toBe(10);
    editor.goTo(0, 0);
    expect(editor.view.state.selection.main.head).toBe(0);
  });
});

it("knows which line breaks a text has", () => {
  open("");
  expect(lineBreakOf("a\r\nb\r\n")).toBe("\r\n");
  expect(lineBreakOf("a\r\nb\n")).toBe("\n");
  expect(lineBreakOf("")).toBe("\n");
});
