import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleMinus,
  IconCircleOff,
  IconCircleXFilled,
  IconClockHour4,
  IconHelpCircle,
  IconLoader2,
  IconPlugConnectedX,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

import type { AgentStatus, ConfigStatus } from "../api/types";

export type Tone = "good" | "bad" | "busy" | "idle";

interface Look {
  tone: Tone;
  icon: ComponentType<{ size?: number | string; "aria-hidden"?: boolean }>;
  word: string;
  /** What it means, in a sentence. */
  means: string;
}

export const agentLooks: Record<AgentStatus, Look> = {
  healthy: { tone: "good", icon: IconCircleCheckFilled, word: "Healthy", means: "It is connected and says that it is well." },
  unhealthy: { tone: "bad", icon: IconAlertTriangleFilled, word: "Unhealthy", means: "It is connected and says that something is wrong." },
  disconnected: { tone: "idle", icon: IconPlugConnectedX, word: "Disconnected", means: "It is not connected; it may well be running." },
  unknown: { tone: "idle", icon: IconHelpCircle, word: "Unknown", means: "It is connected and has reported no health." },
};

/** An agent whose record is no more, for as long as it is still shown. */
export const forgottenLook: Look = { tone: "idle", icon: IconCircleOff, word: "Forgotten", means: "Somebody has deleted its record. If it connects again, it is a new agent." };

export const configLooks: Record<ConfigStatus, Look> = {
  applied: { tone: "good", icon: IconCircleCheckFilled, word: "Applied", means: "The agent runs it, by its own word." },
  applying: { tone: "busy", icon: IconLoader2, word: "Applying", means: "The agent has it and is at it." },
  pending: { tone: "busy", icon: IconClockHour4, word: "Pending", means: "It is still to be delivered; an agent that is away gets it when it is back." },
  failed: { tone: "bad", icon: IconCircleXFilled, word: "Failed", means: "The agent has refused it and runs what it had before." },
  unassigned: { tone: "idle", icon: IconCircleDashed, word: "Unassigned", means: "No configuration is meant for it; it runs what it has." },
  unsupported: { tone: "idle", icon: IconCircleMinus, word: "Unsupported", means: "It does not accept remote configuration." },
};

export const agentStatuses: AgentStatus[] = ["unhealthy", "healthy", "disconnected", "unknown"];
export const configStatuses: ConfigStatus[] = ["failed", "pending", "applying", "applied", "unassigned", "unsupported"];
