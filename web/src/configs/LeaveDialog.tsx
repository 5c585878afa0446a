import { Button, Group, Modal } from "@mantine/core";
import type { ReactNode } from "react";

import type { Leaving } from "./useLeaveWarning";

/** Asks whether to leave text that is not saved. */
export function LeaveDialog({ leaving, onDiscard }: { leaving: Leaving; onDiscard: () => void }): ReactNode {
  return (
    <Modal opened={leaving.to !== null} onClose={leaving.stay} title="Your changes are not saved">
      <p style={{ marginTop: 0 }}>They are kept in this tab until you come back, save them or close the tab.</p>
      <Group justify="flex-end" gap="xs">
        <Button
          variant="subtle"
          color="red"
          onClick={() => {
            onDiscard();
            leaving.go();
          }}
        >
          Discard and leave
        </Button>
        <Button variant="default" onClick={leaving.go}>
          Keep and leave
        </Button>
        <Button data-autofocus onClick={leaving.stay}>
          Stay
        </Button>
      </Group>
    </Modal>
  );
}
