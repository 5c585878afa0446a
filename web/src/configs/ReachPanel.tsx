import type { ReactNode } from "react";
import { Link } from "wouter";

import type { Preview, PreviewChange } from "../api/types";
import { reachSentences } from "./changes";
import classes from "./configs.module.css";

const kinds = { gains: "Gets it", loses: "Loses it", updates: "Gets the new text" } as const;

/** What a change would do to agents: sentences, and the agents by name. */
export function ReachPanel({ reach }: { reach: Preview }): ReactNode {
  return (
    <section aria-label="Agents that this reaches">
      {reachSentences(reach).map((sentence) => (
        <p key={sentence} className={classes.sentence}>
          {sentence}
        </p>
      ))}
      {reach.changes.length > 0 && <Changes reach={reach} />}
    </section>
  );
}

function Changes({ reach }: { reach: Preview }): ReactNode {
  const all = reach.gains + reach.loses + reach.updates;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by the keyboard
    <div className={classes.changes} role="region" aria-label="Agents by name" tabIndex={0}>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Agent</th>
            <th scope="col">Change</th>
            <th scope="col">Has now</th>
            <th scope="col">Would have</th>
          </tr>
        </thead>
        <tbody>
          {reach.changes.map((change) => (
            <tr key={change.id}>
              <th scope="row">
                <Link href={`/agents/${change.id}`} target="_blank">
                  {change.name}
                </Link>
              </th>
              <td>{kinds[change.change]}</td>
              <td>{change.from?.config_name ?? <span className="dimmed">none</span>}</td>
              <td>{afterwards(change)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {reach.changes_truncated && (
        <p className={`dimmed ${classes.tableFoot}`}>
          The first {reach.changes.length} by name of {all.toLocaleString("en")}.
        </p>
      )}
    </div>
  );
}

function afterwards(change: PreviewChange): ReactNode {
  if (change.to) return change.to.config_name === "" ? "this one" : change.to.config_name;
  return <span className="dimmed">none: it keeps running what it has</span>;
}
