import { useThrottledValue } from "@mantine/hooks";
import type { ReactNode } from "react";

import type { FleetStatus } from "../api/types";
import { agentLooks, configLooks } from "../ui/states";
import classes from "./fleet.module.css";
import { verdict } from "./verdict";

/** How often the sentence is read out: in a busy fleet its numbers change every two seconds. */
export const SAY_MS = 20_000;

/** One sentence on the whole fleet. */
export function Verdict({ status }: { status: FleetStatus }): ReactNode {
  const { tone, text } = verdict(status);
  const Icon = { good: agentLooks.healthy.icon, bad: agentLooks.unhealthy.icon, busy: configLooks.pending.icon }[tone];
  const said = useThrottledValue(text, SAY_MS);
  return (
    <p className={classes.verdict} data-tone={tone}>
      <Icon size={16} aria-hidden />
      <span aria-hidden>{text}</span>
      <span role="status" className="visually-hidden">
        {said}
      </span>
    </p>
  );
}
