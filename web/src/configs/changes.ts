/** What POST /configs/preview counts. */
export interface Reach {
  /** Agents that would have the configuration afterwards. */
  readonly total: number;
  /** Agents that would get it newly. */
  readonly gains: number;
  /** Agents that have it and would not. */
  readonly loses: number;
  /** Agents that have it and would be sent the new body. */
  readonly updates: number;
}

export function agents(n: number): string {
  return `${n.toLocaleString("en")} ${n === 1 ? "agent" : "agents"}`;
}

/** How many agents are sent the configuration. */
export function sentTo(reach: Reach): number {
  return reach.gains + reach.updates;
}

/** What is confirmed to the server: every agent that a person was shown. */
export function confirmed(reach: Reach): number {
  return reach.gains + reach.updates + reach.loses;
}

/** The words on the button, with the numbers that it stands for. */
export function saveLabel(verb: string, reach: Reach): string {
  const sent = sentTo(reach);
  if (sent > 0 && reach.loses > 0) return `${verb}, send to ${agents(sent)} and take from ${reach.loses.toLocaleString("en")}`;
  if (sent > 0) return `${verb} and send to ${agents(sent)}`;
  if (reach.loses > 0) return `${verb} and take from ${agents(reach.loses)}`;
  return verb;
}

/** What will happen, one sentence for each thing. */
export function reachSentences(reach: Reach): string[] {
  const out: string[] = [];
  if (reach.gains > 0) out.push(`${agents(reach.gains)} ${reach.gains === 1 ? "gets" : "get"} it newly.`);
  if (reach.updates > 0)
    out.push(`${agents(reach.updates)} ${reach.updates === 1 ? "has it and is" : "have it and are"} sent the new text.`);
  if (reach.loses > 0) out.push(`${agents(reach.loses)} ${reach.loses === 1 ? "loses" : "lose"} it.`);
  if (out.length === 0)
    out.push(
      reach.total === 0 ? "No agent has it, and none gets it." : `No agent is sent anything: ${agents(reach.total)} keep what they have.`,
    );
  return out;
}
