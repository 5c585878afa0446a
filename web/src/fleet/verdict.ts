import type { FleetStatus } from "../api/types";
import { count, counted } from "../ui/numbers";

/** What there is to say of the whole fleet, the worst first. */
export function verdict(status: FleetStatus): { tone: "good" | "bad" | "busy"; text: string } {
  const bad: string[] = [];
  if (status.unhealthy > 0) bad.push(`${count(status.unhealthy)} unhealthy`);
  if (status.config.failed > 0) bad.push(`${count(status.config.failed)} refused a configuration`);
  if (status.disconnected > 0) bad.push(`${count(status.disconnected)} disconnected`);
  const all = counted(status.total, "agent");
  if (bad.length > 0) {
    return { tone: status.unhealthy > 0 || status.config.failed > 0 ? "bad" : "busy", text: `Of ${all}: ${bad.join(", ")}` };
  }
  const moving = status.config.pending + status.config.applying;
  if (moving > 0) return { tone: "busy", text: `${all}, none in trouble; ${counted(moving, "configuration")} on the way` };
  if (status.unknown > 0) return { tone: "good", text: `${all}, all connected; ${count(status.unknown)} report no health` };
  return { tone: "good", text: `${all}, all connected and healthy` };
}
