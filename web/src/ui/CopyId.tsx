import { ActionIcon } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { useCopy } from "./useCopy";

/** A UID or a hash by its first 8 characters, the whole on hover and in the copy. */
export function CopyId({ id, what = "id", length = 8 }: { id: string; what?: string; length?: number }): ReactNode {
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 2, whiteSpace: "nowrap" }}>
      <span className="mono" title={id}>
        {id.slice(0, length)}
      </span>
      <CopyButton text={id} what={what} />
    </span>
  );
}

/** Copies a text and says that it did. */
export function CopyButton({ text, what }: { text: string; what: string }): ReactNode {
  const { copied, copy } = useCopy();
  return (
    <>
      <ActionIcon size="sm" aria-label={`Copy ${what}`} title={`Copy ${what}`} onClick={() => void copy(text)}>
        {copied === "yes" ? <IconCheck size={14} color="var(--state-good)" /> : <IconCopy size={14} />}
      </ActionIcon>
      <span role="status" className={copied === "no" ? "dimmed" : "visually-hidden"}>
        {copied === "yes" && "Copied"}
        {copied === "no" && "Could not copy: select it by hand"}
      </span>
    </>
  );
}
