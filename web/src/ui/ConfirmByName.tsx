import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useId, useState, type ReactNode } from "react";

import { Dialog } from "./Dialog";
import { ErrorPanel } from "./ErrorPanel";

interface Props {
  opened: boolean;
  onClose: () => void;
  /** "Delete the token grafana". */
  title: string;
  /** What has to be typed. */
  name: string;
  /** The verb on the button, with the number where it reaches many: "Delete token". */
  action: string;
  /** What it means: who loses what, and what cannot be undone. */
  children: ReactNode;
  /** Does it. The dialog closes when it is done, and shows what it throws. */
  onConfirm: () => Promise<void>;
}

/**
 * A name as it can be typed: names come from agents too, and may hold what is not seen (a blank at the end, two in
 * one place, a mark without width) or the same letter in another form.
 */
function typeable(name: string): string {
  return name.normalize("NFC").replace(/\p{Cf}/gu, "").replace(/[\p{Cc}\p{Z}]+/gu, " ").trim();
}

/** Asks for the name of what is to be destroyed before its button works. */
export function ConfirmByName(props: Props): ReactNode {
  return (
    <Dialog opened={props.opened} onClose={props.onClose} title={props.title}>
      {props.opened && <Form {...props} />}
    </Dialog>
  );
}

function Form({ onClose, name, action, children, onConfirm }: Props): ReactNode {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const hint = useId();
  const right = typeable(typed) === typeable(name);

  const confirm = async (): Promise<void> => {
    if (!right || busy) return;
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void confirm();
      }}
    >
      <Stack gap="sm">
        <div>{children}</div>
        <TextInput
          label={
            <>
              Type <code className="mono">{name}</code> to confirm
            </>
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          data-autofocus
          aria-describedby={hint}
        />
        <span id={hint} className="visually-hidden">
          The button works when the name is typed.
        </span>
        {error !== null && <ErrorPanel error={error} what="Nothing was changed" />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red" disabled={!right} loading={busy}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
