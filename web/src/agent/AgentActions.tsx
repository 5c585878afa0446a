import { ActionIcon, Button, Group, Menu, Stack } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ConfigPicker, noConfig } from "../agents/ConfigPicker";
import { api, segment } from "../api/client";
import type { Agent } from "../api/types";
import { useMayWrite } from "../session/useSession";
import { ConfirmByName } from "../ui/ConfirmByName";
import { Dialog } from "../ui/Dialog";
import { ErrorPanel } from "../ui/ErrorPanel";
import { useRefreshed } from "./useRefreshed";

type Act = "assign" | "unassign" | "restart" | "forget";

interface Props {
  agent: Agent;
  onClose: () => void;
  onForgotten: (id: string) => void;
}

/** AgentActions is what can be done to one agent. */
export function AgentActions({ agent, onClose, onForgotten }: Props) {
  const [act, setAct] = useState<Act>();
  const close = () => setAct(undefined);
  const mayWrite = useMayWrite();
  const accepts = agent.capabilities.includes("AcceptsRemoteConfig");
  const restarts = agent.connected && agent.capabilities.includes("AcceptsRestartCommand");
  if (!mayWrite) return null;
  return (
    <>
      <Button variant="default" size="compact-sm" disabled={!accepts} onClick={() => setAct("assign")}>
        Assign
      </Button>
      <Button variant="default" size="compact-sm" disabled={!restarts} onClick={() => setAct("restart")}>
        Restart
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label="More to do with this agent">
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={agent.config.source !== "assignment"} onClick={() => setAct("unassign")}>
            Take the assignment away
          </Menu.Item>
          <Menu.Item color="red" disabled={agent.connected} onClick={() => setAct("forget")}>
            {agent.connected ? "Forget (once it is disconnected)" : "Forget"}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {act === "assign" && <AssignDialog agent={agent} onClose={close} />}
      {act === "unassign" && (
        <ActDialog
          title={`Take the assignment from ${agent.name} away`}
          action="Take it away"
          failed="The assignment was not taken away"
          run={() => api.delete(`/agents/${segment(agent.id)}/config`)}
          onClose={close}
        >
          Selectors decide again. If none takes the agent, it keeps running {agent.config.config_name}.
        </ActDialog>
      )}
      {act === "restart" && (
        <ActDialog
          title={`Restart ${agent.name}`}
          action="Restart the agent"
          failed="It was not restarted"
          run={() => api.post(`/agents/${segment(agent.id)}/restart`)}
          onClose={close}
        >
          The collector is stopped and started. What is in its queues in memory may be lost.
        </ActDialog>
      )}
      <ConfirmByName
        opened={act === "forget"}
        onClose={close}
        title={`Forget ${agent.name}`}
        name={agent.name}
        action="Forget the agent"
        onConfirm={async () => {
          await api.delete(`/agents/${segment(agent.id)}`);
          onForgotten(agent.id);
          onClose();
        }}
      >
        Its record, labels and assignment are deleted. If it connects again, it is a new agent.
      </ConfirmByName>
    </>
  );
}

interface ActDialogProps {
  title: string;
  action: string;
  /** What is said above the error when it did not work. */
  failed: string;
  run: () => Promise<unknown>;
  onClose: () => void;
  disabled?: boolean;
  children: ReactNode;
}

/** ActDialog says what will happen, does it, and closes when it is done. */
function ActDialog({ title, action, failed, run, onClose, disabled, children }: ActDialogProps) {
  const refreshed = useRefreshed();
  const mutation = useMutation({
    mutationFn: run,
    onSuccess: () => {
      refreshed();
      onClose();
    },
  });
  return (
    <Dialog opened onClose={onClose} title={title}>
      <Stack gap="sm">
        <div>{children}</div>
        {mutation.isError && <ErrorPanel error={mutation.error} what={failed} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button loading={mutation.isPending} disabled={disabled ?? false} onClick={() => mutation.mutate()}>
            {action}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function AssignDialog({ agent, onClose }: { agent: Agent; onClose: () => void }) {
  const [config, setConfig] = useState(noConfig);
  const now = agent.config.config_name ? `${agent.config.config_name} version ${agent.config.version ?? ""}` : "none";
  return (
    <ActDialog
      title={`Assign a configuration to ${agent.name}`}
      action={config.id === "" ? "Assign" : `Assign ${config.name}`}
      failed="Nothing was assigned"
      disabled={config.id === ""}
      run={() => api.put(`/agents/${segment(agent.id)}/config`, { config_id: config.id, version: config.version })}
      onClose={onClose}
    >
      <Stack gap="xs">
        <ConfigPicker value={config} onChange={setConfig} />
        <span className="dimmed">
          It should run {now} now. An assignment wins over every selector.
          {!agent.connected && " The agent is not connected and gets it when it is back."}
        </span>
      </Stack>
    </ActDialog>
  );
}
