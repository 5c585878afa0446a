import type { ReactNode } from "react";

import type { AgentStatus, ConfigStatus } from "../api/types";
import classes from "./state.module.css";
import { agentLooks, configLooks, forgottenLook } from "./states";

interface Shape {
  /** With a soft ground, where it stands alone. */
  badge?: boolean;
}

/** An agent's status: icon and word in the state's colour. */
export function Status({ status, badge = false }: { status: AgentStatus } & Shape): ReactNode {
  return <Look look={agentLooks[status]} badge={badge} />;
}

/** In the place of the status of an agent that there is no more. */
export function Forgotten({ badge = false }: Shape): ReactNode {
  return <Look look={forgottenLook} badge={badge} />;
}

/** How far an agent's configuration has come. */
export function ConfigStateBadge({ status, badge = false }: { status: ConfigStatus } & Shape): ReactNode {
  return <Look look={configLooks[status]} badge={badge} />;
}

function Look({ look, badge }: { look: (typeof agentLooks)[AgentStatus]; badge: boolean }): ReactNode {
  const Icon = look.icon;
  return (
    <span className={`${classes.state} ${classes[look.tone]} ${badge ? classes.badge : ""}`} title={look.means}>
      <Icon size={14} aria-hidden />
      {look.word}
    </span>
  );
}
