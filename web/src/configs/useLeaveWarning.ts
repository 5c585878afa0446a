import { useEffect, useState } from "react";
import { useLocation } from "wouter";

export interface Leaving {
  /** Where somebody was about to go with text that is not saved; null where nobody is. */
  to: string | null;
  stay: () => void;
  go: () => void;
}

/**
 * Asks before a link or the browser leaves a page with text that is not saved. `here` are the addresses that do not
 * leave it. The ways that a page cannot stop (back, a crash) lose nothing either: the draft is kept in the tab.
 */
export function useLeaveWarning(dirty: boolean, here: string): Leaving {
  const [to, setTo] = useState<string | null>(null);
  const [, navigate] = useLocation();

  useEffect(() => {
    if (!dirty) return;
    const onUnload = (event: BeforeUnloadEvent): void => event.preventDefault();
    const onClick = (event: MouseEvent): void => {
      if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
      if (!link || link.target === "_blank" || link.hasAttribute("download")) return;
      const url = new URL(link.href);
      if (url.origin !== location.origin || url.pathname === here) return;
      event.preventDefault();
      event.stopPropagation();
      setTo(url.pathname + url.search);
    };
    window.addEventListener("beforeunload", onUnload);
    document.addEventListener("click", onClick, true);
    return () => {
      window.removeEventListener("beforeunload", onUnload);
      document.removeEventListener("click", onClick, true);
    };
  }, [dirty, here]);

  return {
    to,
    stay: () => setTo(null),
    go: () => {
      setTo(null);
      if (to !== null) navigate(to);
    },
  };
}
