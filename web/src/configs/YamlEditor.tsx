import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useImperativeHandle, useLayoutEffect, useRef, type ReactNode, type Ref } from "react";

import { componentsQuery } from "../api/queries";
import { nonce } from "../app/nonce";
import classes from "./configs.module.css";
import { Editor } from "./editor";
import type { Finding } from "./findings";
import { noIds } from "./outline";

export interface YamlEditorHandle {
  goTo: (line: number, column: number) => void;
}

interface Props {
  text: string;
  label: string;
  findings: readonly Finding[];
  onChange: (text: string) => void;
  onSave: () => void;
  handle?: Ref<YamlEditorHandle>;
}

/** The editor of a configuration's text. It is loaded when somebody edits. */
export default function YamlEditor({ text, label, findings, onChange, onSave, handle }: Props): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const hint = useId();
  const { data } = useQuery(componentsQuery);
  // The editor outlives renderings; what it calls is always the newest.
  const latest = useRef({ onChange, onSave, text, label, fleet: noIds });
  useEffect(() => {
    latest.current = { onChange, onSave, text, label, fleet: data ?? noIds };
  });

  useEffect(() => {
    if (!place.current) return;
    const made = new Editor({
      parent: place.current,
      text: latest.current.text,
      label: latest.current.label,
      describedBy: hint,
      nonce: nonce(),
      readOnly: false,
      fleet: () => latest.current.fleet,
      onChange: (now) => latest.current.onChange(now),
      onSave: () => latest.current.onSave(),
    });
    editor.current = made;
    return () => {
      made.destroy();
      editor.current = null;
    };
  }, [hint]);

  // Before anything else can be typed: a text that is a key behind would take that key away again.
  useLayoutEffect(() => editor.current?.replace(text), [text]);
  useEffect(() => editor.current?.show(findings), [findings]);
  useImperativeHandle(handle, () => ({ goTo: (line, column) => editor.current?.goTo(line, column) }), []);

  return (
    <div className={classes.editor}>
      <div ref={place} className={classes.editorPlace} />
      <p id={hint} className={`dimmed ${classes.editorHint}`}>
        Ctrl+Space completes ids. Tab indents; Esc, then Tab leaves the editor. Ctrl+S saves.
      </p>
    </div>
  );
}
