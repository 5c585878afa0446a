import { Modal, type ModalProps } from "@mantine/core";
import { useEffect, useState, type ReactNode } from "react";

/**
 * A dialog that gives the focus back to where it was opened from, also where it is taken off the page instead of
 * being closed, and where it was opened from a menu, whose items are gone by then.
 */
export function Dialog(props: ModalProps): ReactNode {
  const { opened } = props;
  const [was, setWas] = useState(false);
  const [from, setFrom] = useState<HTMLElement | null>(null);
  if (opened !== was) {
    setWas(opened);
    if (opened) setFrom(opener()); // now: an item of a menu goes as the dialog comes
  }
  useEffect(() => {
    if (!opened) return;
    return () => {
      const now = document.activeElement;
      if (now !== null && now !== document.body && now.closest("[role=dialog]") === null) return; // it has gone on
      from?.focus({ preventScroll: true });
      if (document.activeElement !== from) document.getElementById("main")?.focus({ preventScroll: true }); // it is gone, or does nothing now
    };
  }, [opened, from]);
  return <Modal returnFocus={false} {...props} />;
}

/** What was pressed: of an item of a menu, the button that opens the menu. */
function opener(): HTMLElement | null {
  const active = document.activeElement;
  const menu = active?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  if (menu) return document.getElementById(menu);
  return active instanceof HTMLElement && active !== document.body ? active : null;
}
