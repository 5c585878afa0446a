import { useImperativeHandle, useMemo, useRef, type Ref } from "react";
import { CopyButton } from "../ui/CopyId";
import classes from "./agent.module.css";
import type { LineMark } from "./lines";

/** More lines are not drawn: a browser would be slow, and nobody reads them. They are in the copy. */
const maxLines = 5_000;

const words: Record<LineMark, string> = {
  missing: "missing from what the agent runs",
  different: "different in what the agent runs",
  added: "added by the collector",
  redacted: "a credential is hidden",
};

export interface YamlTextHandle {
  /** Scrolls to a line and marks it for a moment. */
  show: (line: number) => void;
}

interface Props {
  title: string;
  text: string;
  marks: Map<number, LineMark> | undefined;
  /** Lines with this mark are left out, and how many is said in their place. */
  hidden?: LineMark | undefined;
  handle?: Ref<YamlTextHandle>;
}

/** YamlText shows a configuration with its lines' numbers and marks. */
export function YamlText({ title, text, marks, hidden, handle }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => group(text, marks, hidden), [text, marks, hidden]);
  useImperativeHandle(handle, () => ({
    show: (line) => {
      const element = scroller.current?.querySelector(`[data-line="${line}"]`);
      element?.scrollIntoView({ block: "center" });
      scroller.current?.focus({ preventScroll: true });
    },
  }));
  return (
    <section className={classes.pane} aria-label={title}>
      <header className={classes.paneHead}>
        <span>{title}</span>
        <CopyButton text={text} what={title.toLowerCase()} />
      </header>
      {/* It scrolls, so a keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={scroller} className={classes.code} tabIndex={0} role="group" aria-label={`${title}, text`}>
        {lines.map((line) =>
          "left" in line ? (
            <div key={line.number} className={classes.left}>
              {line.left} {line.left === 1 ? "line" : "lines"} added by the collector
            </div>
          ) : (
            <div
              key={line.number}
              className={classes.line}
              data-line={line.number}
              data-mark={line.mark}
              title={line.mark && words[line.mark]}
            >
              <span className={classes.number} aria-hidden>
                {line.number}
              </span>
              <span className={classes.sign} aria-hidden>
                {line.mark === "missing" ? "−" : line.mark === "different" ? "≠" : ""}
              </span>
              <span className={classes.text}>{line.text}</span>
              {(line.mark === "missing" || line.mark === "different") && (
                <span className="visually-hidden"> ({words[line.mark]})</span>
              )}
            </div>
          ),
        )}
      </div>
    </section>
  );
}

type Line = { number: number; text: string; mark: LineMark | undefined } | { number: number; left: number };

function group(text: string, marks: Map<number, LineMark> | undefined, hidden: LineMark | undefined): Line[] {
  const lines: Line[] = [];
  const all = text.replace(/\n$/, "").split("\n");
  all.slice(0, maxLines).forEach((content, i) => {
    const number = i + 1;
    const mark = marks?.get(number);
    const last = lines.at(-1);
    if (mark === undefined || mark !== hidden) lines.push({ number, text: content, mark });
    else if (last && "left" in last) last.left++;
    else lines.push({ number, left: 1 });
  });
  if (all.length > maxLines)
    lines.push({
      number: maxLines + 1,
      text: `… and ${all.length - maxLines} lines more, in the copy`,
      mark: undefined,
    });
  return lines;
}
