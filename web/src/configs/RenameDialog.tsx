import { Button, Group, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { asApiError } from "../api/problem";
import type { Preview } from "../api/types";
import { Dialog } from "../ui/Dialog";
import { ErrorPanel } from "../ui/ErrorPanel";
import { confirmed, saveLabel } from "./changes";
import { draftOf } from "./draftOf";
import { preview, previewOf, store, type Tagged } from "./queries";
import { ReachPanel } from "./ReachPanel";

interface Props {
  opened: boolean;
  tagged: Tagged;
  onClose: () => void;
  onStored: (now: Tagged, before: Tagged) => void;
}

/** Gives a configuration another name. Its id, its history and its agents stay. */
export function RenameDialog(props: Props): ReactNode {
  return (
    <Dialog opened={props.opened} onClose={props.onClose} title={`Rename ${props.tagged.config.name}`} size="min(640px, 94vw)">
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

  /** Whom this name would send something; null where nobody has been asked about it yet. */
  const [reach, setReach] = useState<Preview | null>(null);

  const rename = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    const draft = { ...draftOf(over.config), name };
    try {
      const known = reach ?? (await preview(previewOf(over.config.id, draft)));
      if (reach === null && known.valid && confirmed(known) > 0) {
        setReach(known);
      } else {
        const now = await store(over.config.id, draft, over.etag, confirmed(known));
        onClose();
        onStored(now, over);
        return;
      }
    } catch (thrown) {
      setReach(null); // it is asked anew
      setError(thrown);
    }
    setBusy(false);
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
        description="Its agents keep what they have, unless another's selector has the same priority: of those the first by name wins."
        value={name}
        onChange={(event) => {
          setName(event.currentTarget.value);
          setReach(null);
          setError(null);
        }}
        disabled={busy}
        error={said}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        data-autofocus
      />
      {reach && <ReachPanel reach={reach} />}
      {error !== null && said === undefined && <ErrorPanel error={error} what="It was not renamed" />}
      <Group justify="flex-end" gap="xs" mt="sm">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={busy} disabled={name === "" || name === over.config.name}>
          {reach ? saveLabel("Rename", reach) : "Rename"}
        </Button>
      </Group>
    </form>
  );
}
