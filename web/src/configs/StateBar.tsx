import type { ReactNode } from "react";

import type { ConfigCounts, ConfigStatus } from "../api/types";
import { configLooks } from "../ui/states";
import classes from "./configs.module.css";

const order = ["failed", "pending", "applying", "unsupported", "applied"] as const satisfies readonly ConfigStatus[];

/** How many agents are in which state: a bar for the eye, and the words that say the same. */
export function StateBar({ counts }: { counts: ConfigCounts }): ReactNode {
  if (counts.total === 0) return <span className="dimmed">No agents</span>;
  const shown = order.filter((state) => counts[state] > 0);
  return (
    <span className={classes.states}>
      <span className={classes.bar} aria-hidden>
        {shown.toReversed().map((state) => (
          <span key={state} style={{ flexGrow: counts[state], background: `var(--state-${configLooks[state].tone}-mark)` }} />
        ))}
      </span>
      {shown.map((state) => {
        const look = configLooks[state];
        const Icon = look.icon;
        return (
          <span key={state} className={classes.count} style={{ color: `var(--state-${look.tone})` }} title={look.means}>
            <Icon size={13} aria-hidden />
            {counts[state].toLocaleString("en")} {look.word.toLowerCase()}
          </span>
        );
      })}
    </span>
  );
}
