import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, openLintPanel, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { idCompletion } from "./completion";
import { editorColours, editorTheme } from "./editorTheme";
import { marksOf, type Finding } from "./findings";
import type { Ids } from "./outline";

export interface EditorOptions {
  readonly parent: HTMLElement;
  readonly text: string;
  /** What a screen reader calls the editor. */
  readonly label: string;
  /** The id of the element that tells how to leave it. */
  readonly describedBy?: string | undefined;
  readonly nonce: string;
  readonly readOnly: boolean;
  readonly fleet: () => Ids;
  readonly onChange: (text: string) => void;
  readonly onSave: () => void;
}

/** An editor of YAML. It keeps every byte of the text: line breaks included. */
export class Editor {
  readonly view: EditorView;
  private readonly access = new Compartment();

  constructor(options: EditorOptions) {
    this.view = new EditorView({
      parent: options.parent,
      state: EditorState.create({ doc: options.text, extensions: this.extensions(options) }),
    });
  }

  private extensions(o: EditorOptions) {
    return [
      EditorView.cspNonce.of(o.nonce),
      // Only the break that the text has: another one stays a character of its line, and is kept.
      EditorState.lineSeparator.of(lineBreakOf(o.text)),
      lineNumbers(),
      highlightActiveLineGutter(),
      highlightSpecialChars(),
      history(),
      foldGutter(),
      drawSelection(),
      EditorState.allowMultipleSelections.of(true),
      indentOnInput(),
      indentUnit.of("  "),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      search({ top: true }),
      lintGutter(),
      autocompletion({ override: [idCompletion(o.fleet)], icons: false }),
      yaml(),
      editorTheme,
      syntaxHighlighting(editorColours),
      keymap.of([
        { key: "Mod-s", preventDefault: true, run: () => (o.onSave(), true) },
        ...closeBracketsKeymap,
        ...defaultKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...foldKeymap,
        ...completionKeymap,
        ...lintKeymap,
        indentWithTab,
      ]),
      EditorView.contentAttributes.of({
        "aria-label": o.label,
        spellcheck: "false",
        tabindex: "0", // it is reached by the keyboard anyway; this says so
        ...(o.describedBy ? { "aria-describedby": o.describedBy } : {}),
      }),
      this.access.of(readOnlyIs(o.readOnly)),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) o.onChange(update.state.sliceDoc());
      }),
    ];
  }

  get text(): string {
    return this.view.state.sliceDoc();
  }

  /** Puts another text in place of the one that is there; undo brings it back. */
  replace(text: string): void {
    if (text === this.text) return;
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: this.view.state.toText(text) } });
  }

  setReadOnly(readOnly: boolean): void {
    this.view.dispatch({ effects: this.access.reconfigure(readOnlyIs(readOnly)) });
  }

  show(findings: readonly Finding[]): void {
    const marks = marksOf(findings, this.view.state.doc.toString());
    const diagnostics = marks.map((mark): Diagnostic => ({ ...mark, source: mark.code }));
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  /** Puts the cursor at a line and column, which count from 1, and the keyboard into the editor. */
  goTo(line: number, column: number): void {
    const doc = this.view.state.doc;
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
    const pos = Math.min(at.from + Math.max(column - 1, 0), at.to);
    this.view.dispatch({ selection: { anchor: pos }, effects: EditorView.scrollIntoView(pos, { y: "center" }) });
    this.view.focus();
  }

  listFindings(): void {
    openLintPanel(this.view);
  }

  destroy(): void {
    this.view.destroy();
  }
}

function readOnlyIs(readOnly: boolean) {
  return [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)];
}

export function lineBreakOf(text: string): string {
  const all = text.match(/\n/g)?.length ?? 0;
  const windows = text.match(/\r\n/g)?.length ?? 0;
  return all > 0 && all === windows ? "\r\n" : "\n";
}
