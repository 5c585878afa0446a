import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { keys } from "../api/queries";
import type { Agent } from "../api/types";

/** Tells the list beside the panel of an agent that the panel has changed. */
export const RefreshedContext = createContext<(agent: Agent) => void>(() => undefined);

/** useRefreshed returns what to call when a write has answered with the agent, or has changed it. */
export function useRefreshed(): (agent?: Agent) => void {
  const client = useQueryClient();
  const tell = useContext(RefreshedContext);
  return (agent) => {
    if (agent) tell(agent);
    for (const queryKey of [["agent"], keys.fleet, keys.configs]) void client.invalidateQueries({ queryKey });
  };
}
