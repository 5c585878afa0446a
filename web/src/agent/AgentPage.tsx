import type { ReactNode } from "react";

export default function AgentPage({ id }: { id: string }): ReactNode {
  return <p>{id}</p>;
}
