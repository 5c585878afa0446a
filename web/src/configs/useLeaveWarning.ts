import { useEffect, useRef, useState } from "react";

import { navigation } from "../app/navigation";
import type { Editing } from "./useDraft";

export interface Leaving {
  /** Somebody is about to go elsewhere with text that is not saved. */
  asked: boolean;
  stay: () => void;
  go: () => void;
}

/**
 * Asks before a page is left with text that was typed on it and is not saved: by a link, a key, Back, or with the
 * tab. `here` are the paths that do not leave it.
 */
export function useLeaveWarning(editing: Editing, here: string[]): Leaving {
  const [held, setHeld] = useState<{ go: () => void } | null>(null);
  const now = useRef({ editing, here });
  useEffect(() => {
    now.current = { editing, here };
  });
  useEffect(() => {
    const off = navigation.guardWith((to, go) => {
      const path = to.replace(/[?#].*/, "");
      if (!now.current.editing.unsaved() || now.current.here.includes(path)) return false;
      setHeld({ go });
      return true;
    });
    const onUnload = (event: BeforeUnloadEvent): void => {
      if (now.current.editing.unsaved()) event.preventDefault();
    };
    window.addEventListener("beforeunload", onUnload);
    return () => {
      off();
      window.removeEventListener("beforeunload", onUnload);
    };
  }, []);
  return {
    asked: held !== null,
    stay: () => setHeld(null),
    go: () => {
      setHeld(null);
      held?.go();
    },
  };
}
