import { useMemo, type ReactNode } from "react";

import classes from "./configs.module.css";
import { countRows, type Row } from "./diff";

interface Props {
  rows: readonly Row[];
  /** What the two sides are: "Version 3 and version 4". */
  label: string;
}

const signs = { added: "+", removed: "−", same: "", gap: "", note: "" } as const;
const words = { added: "added: ", removed: "removed: ", same: "", gap: "", note: "" } as const;
const most = 2000;

/** A unified diff with the line numbers of both sides. */
export function DiffView({ rows, label }: Props): ReactNode {
  const { added, removed } = useMemo(() => countRows(rows), [rows]);
  if (rows.length === 0) return <p className="dimmed">The text is the same.</p>;
  return (
    <figure className={classes.diff}>
      <figcaption className="dimmed">
        {label}: {added} {added === 1 ? "line" : "lines"} added, {removed} removed
      </figcaption>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by the keyboard */}
      <div className={classes.diffLines} role="region" aria-label={label} tabIndex={0}>
        <table>
          <tbody>
            {rows.slice(0, most).map((row, i) => (
              <tr key={i} data-kind={row.kind}>
                <td className={classes.lineNumber}>{row.from}</td>
                <td className={classes.lineNumber}>{row.to}</td>
                <td aria-hidden>{signs[row.kind]}</td>
                <td>
                  {words[row.kind] !== "" && <span className="visually-hidden">{words[row.kind]}</span>}
                  {row.text}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > most && <p className="dimmed">The first {most.toLocaleString("en")} lines of the diff are shown.</p>}
    </figure>
  );
}
