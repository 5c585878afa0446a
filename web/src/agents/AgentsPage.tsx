import type { ReactNode } from "react";

import AgentPage from "../agent/AgentPage";
import { PageHeader } from "../ui/PageHeader";

export default function AgentsPage({ id }: { id: string | undefined }): ReactNode {
  return (
    <>
      <PageHeader title="Agents" />
      {id !== undefined && <AgentPage id={id} />}
    </>
  );
}
