import type { ReactNode } from "react";

import type { FleetStatus } from "../api/types";
import { agentLooks, configLooks } from "../ui/states";
import classes from "./fleet.module.css";
import { verdict } from "./verdict";

/** One sentence on the whole fleet. */
export function Verdict({ status }: { status: FleetStatus }): ReactNode {
  const { tone, text } = verdict(status);
  const Icon = { good: agentLooks.healthy.icon, bad: agentLooks.unhealthy.icon, busy: configLooks.pending.icon }[tone];
  return (
    <p className={classes.verdict} data-tone={tone} aria-live="polite">
      <Icon size={16} aria-hidden />
      {text}
    </p>
  );
}
