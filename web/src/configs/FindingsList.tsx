import { IconAlertTriangleFilled, IconCircleCheckFilled, IconCircleXFilled } from "@tabler/icons-react";
import type { ReactNode } from "react";

import classes from "./configs.module.css";
import { countFindings, type Finding } from "./findings";

interface Props {
  findings: readonly Finding[];
  /** The answer is about a text that has changed since. */
  checking: boolean;
  onGo: (line: number, column: number) => void;
}

/** What the checks have to say, each a way to its line. */
export function FindingsList({ findings, checking, onGo }: Props): ReactNode {
  return (
    <section aria-label="Findings" className={classes.findings}>
      <p role="status" className={classes.findingsHead}>
        {checking ? <span className="dimmed">Checking…</span> : <Verdict findings={findings} />}
      </p>
      {findings.length > 0 && (
        <ul>
          {findings.slice(0, 100).map((finding, i) => (
            <li key={i} data-severity={finding.severity}>
              {finding.severity === "error" ? (
                <IconCircleXFilled size={14} aria-hidden />
              ) : (
                <IconAlertTriangleFilled size={14} aria-hidden />
              )}
              <span>
                <span className="visually-hidden">{finding.severity}: </span>
                {finding.message}{" "}
                {finding.line > 0 && (
                  <button type="button" className={classes.asLink} onClick={() => onGo(finding.line, finding.column)}>
                    line {finding.line}
                  </button>
                )}{" "}
                <span className="dimmed mono">{finding.code}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Verdict({ findings }: { findings: readonly Finding[] }): ReactNode {
  if (findings.length > 0) return <strong>{countFindings(findings)}</strong>;
  return (
    <span className={classes.good}>
      <IconCircleCheckFilled size={14} aria-hidden /> No findings
    </span>
  );
}
