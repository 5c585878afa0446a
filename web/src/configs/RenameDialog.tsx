import { Button, Group, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { asApiError } from "../api/problem";
import { Dialog } from "../ui/Dialog";
import { ErrorPanel } from "../ui/ErrorPanel";
import { draftOf } from "./draftOf";
import { store, type Tagged } from "./queries";

interface Props {
  opened: boolean;
  tagged: Tagged;
  onClose: () => void;
  onStored: (now: Tagged, before: Tagged) => void;
}

/** Gives a configuration another name. Its id, its history and its agents stay. */
export function RenameDialog(props: Props): ReactNode {
  return (
    <Dialog opened={props.opened} onClose={props.onClose} title={`Rename ${props.tagged.config.name}`}>
      {props.opened && <Form {...props} />}
    </Dialog>
  );
}

function Form({ tagged, onClose, onStored }: Props): ReactNode {
  const [over] = useState(tagged); // what somebody else changes meanwhile is not overwritten
  const [name, setName] = useState(over.config.name);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const said = error === null ? undefined : asApiError(error).findings.find((finding) => finding.path === "name")?.message;

  const rename = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const now = await store(over.config.id, { ...draftOf(over.config), name }, over.etag, 0);
      onClose();
      onStored(now, over);
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void rename();
      }}
    >
      <TextInput
        label="New name"
        description="No agent is sent anything. Of selectors with the same priority the first by name wins, so that a name may matter."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={said}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        data-autofocus
      />
      {error !== null && said === undefined && <ErrorPanel error={error} what="It was not renamed" />}
      <Group justify="flex-end" gap="xs" mt="sm">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={busy} disabled={name === "" || name === over.config.name}>
          Rename
        </Button>
      </Group>
    </form>
  );
}
