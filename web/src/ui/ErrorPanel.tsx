import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { advice, asApiError } from "../api/problem";
import { CopyId } from "./CopyId";
import classes from "./panels.module.css";

interface Props {
  /** What was thrown. */
  error: unknown;
  /** What did not work: "The agents could not be loaded". */
  what: string;
  /** What to do, where that is known better than from the status alone. */
  todo?: string;
  onRetry?: () => void;
}

/** What happened, to what, what to do, and the request's id. A part that fails shows this in its own place. */
export function ErrorPanel({ error, what, todo, onRetry }: Props): ReactNode {
  const problem = asApiError(error);
  return (
    <div role="alert" className={classes.error}>
      <IconAlertTriangle size={18} aria-hidden />
      <div style={{ minWidth: 0 }}>
        <p>
          <strong>{what}.</strong> {sentence(problem.detail || problem.title)}
        </p>
        <p className="dimmed">{todo ?? advice(problem)}</p>
        {problem.findings.length > 0 && (
          <ul style={{ margin: "6px 0 0", paddingLeft: 18 }}>
            {problem.findings.slice(0, 20).map((finding, i) => (
              <li key={i}>
                {finding.line > 0 && <span className="mono">line {finding.line}: </span>}
                {finding.message}
              </li>
            ))}
          </ul>
        )}
        {(onRetry !== undefined || problem.requestId !== "") && (
          <div className={classes.errorFoot}>
            {onRetry && (
              <Button variant="default" size="compact-xs" onClick={onRetry}>
                Try again
              </Button>
            )}
            {problem.requestId !== "" && (
              <span className="dimmed">
                Request <CopyId id={problem.requestId} what="the request's id" length={13} />
              </span>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

function sentence(text: string): string {
  if (text === "") return "";
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.:?]$/.test(first) ? first : first + ".";
}
