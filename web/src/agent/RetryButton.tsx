import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { api, segment } from "../api/client";
import type { Agent } from "../api/types";
import { useMayWrite } from "../session/useSession";
import { ErrorPanel } from "../ui/ErrorPanel";
import { useRefreshed } from "./useRefreshed";

/** RetryButton has a configuration offered again that the agent has refused. */
export function RetryButton({ agent }: { agent: Agent }) {
  const refreshed = useRefreshed();
  const mayWrite = useMayWrite();
  const retry = useMutation({
    mutationFn: () => api.post(`/agents/${segment(agent.id)}/config/retry`),
    onSuccess: () => refreshed(),
  });
  if (!mayWrite) return null;
  return (
    <>
      <Button variant="default" size="compact-sm" loading={retry.isPending} onClick={() => retry.mutate()}>
        Offer it once more
      </Button>
      {retry.isError && <ErrorPanel error={retry.error} what="It was not offered again" />}
    </>
  );
}
