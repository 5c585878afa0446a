import { useEffect, useRef, useState } from "react";

export type Copied = "" | "yes" | "no";

/** Copies text, and tells for two seconds how it went. */
export function useCopy(): { copied: Copied; copy: (text: string) => Promise<void> } {
  const [copied, setCopied] = useState<Copied>("");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async (text: string): Promise<void> => {
    const ok = await toClipboard(text);
    setCopied(ok ? "yes" : "no");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(""), 2_000);
  };
  return { copied, copy };
}

/** Over plain HTTP a browser gives no navigator.clipboard; the old way still works there. */
async function toClipboard(text: string): Promise<boolean> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard) {
    try {
      await clipboard.writeText(text);
      return true;
    } catch {
      // Refused; the old way may do.
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  const focused = document.activeElement;
  // Inside an open dialog, since that one keeps the focus.
  (focused?.closest("[role=dialog]") ?? document.body).appendChild(area);
  area.select();
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way without TLS
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
