import { Button, Group, Modal } from "@mantine/core";
import type { ReactNode } from "react";

import { DAYS } from "./shelf";
import type { Editing } from "./useDraft";
import type { Leaving } from "./useLeaveWarning";

/** Asks whether to leave text that is not saved. */
export function LeaveDialog({ leaving, editing }: { leaving: Leaving; editing: Editing }): ReactNode {
  return (
    <Modal opened={leaving.asked} onClose={leaving.stay} title="Your changes are not saved">
      <p style={{ marginTop: 0 }}>
        {editing.unkept
          ? "The browser has no room to keep them: whoever leaves loses them."
          : `They can stay in this browser, where you find them when you come back within ${DAYS} days. Nobody else sees them.`}
      </p>
      <Group justify="flex-end" gap="xs">
        <Button
          variant="subtle"
          color="red"
          onClick={() => {
            editing.discard();
            leaving.go();
          }}
        >
          Discard and leave
        </Button>
        {!editing.unkept && (
          <Button variant="default" onClick={leaving.go}>
            Keep and leave
          </Button>
        )}
        <Button data-autofocus onClick={leaving.stay}>
          Stay
        </Button>
      </Group>
    </Modal>
  );
}
