import { Button, Group, Radio, Stack, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { api } from "../api/client";
import type { NewToken, Role } from "../api/types";
import { Dialog } from "../ui/Dialog";
import { ErrorPanel } from "../ui/ErrorPanel";
import { roles } from "./roles";
import { Secret } from "./Secret";

interface Props {
  opened: boolean;
  onClose: () => void;
  onMade: () => void;
}

/** Makes a token and shows its text, this once. */
export function NewTokenDialog({ opened, onClose, onMade }: Props): ReactNode {
  /** A token is being made or shown: only its own button closes the dialog, or its text would be lost. */
  const [held, setHeld] = useState(false);
  const close = (): void => {
    setHeld(false);
    onClose();
  };
  return (
    <Dialog opened={opened} onClose={close} title="Make a token" closeOnClickOutside={false} closeOnEscape={!held} withCloseButton={!held}>
      {opened && <Form onClose={close} onMade={onMade} onHeld={setHeld} />}
    </Dialog>
  );
}

function Form({ onClose, onMade, onHeld }: Omit<Props, "opened"> & { onHeld: (held: boolean) => void }): ReactNode {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("read");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [made, setMade] = useState<NewToken | null>(null);

  const make = async (): Promise<void> => {
    setBusy(true);
    onHeld(true);
    setError(null);
    try {
      setMade(await api.post<NewToken>("/tokens", { name: name.trim(), role }));
      onMade();
    } catch (thrown) {
      setError(thrown);
      onHeld(false);
    }
    setBusy(false);
  };

  if (made) {
    return (
      <Stack gap="sm">
        <div>
          The token <strong>{made.name}</strong> is made. Copy its text now: it is not shown again, and the server keeps only a hash of it.
        </div>
        <Secret text={made.token} what="the token" />
        <Group justify="flex-end">
          <Button data-autofocus onClick={onClose}>
            Done
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="Name"
          description="Who or what it is for"
          placeholder="grafana"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        <Radio.Group label="Role" value={role} onChange={(value) => setRole(value)}>
          <Stack gap={6} mt={6}>
            {(["read", "admin", "agent"] as const).map((each) => (
              <Radio key={each} size="xs" value={each} label={each} description={roles[each]} />
            ))}
          </Stack>
        </Radio.Group>
        {error !== null && <ErrorPanel error={error} what="No token was made" />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" disabled={name.trim() === ""} loading={busy}>
            Make token
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
