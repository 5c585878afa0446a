import type { ReactNode } from "react";

import { absolute, relative } from "./time";
import { useNow } from "./useNow";

/** A time as "3 min ago", the absolute time on hover; nothing where there is none. */
export function Ago({ at, fallback = "never" }: { at: string | undefined; fallback?: string }): ReactNode {
  const now = useNow();
  const time = at === undefined ? NaN : Date.parse(at);
  if (Number.isNaN(time)) return <span className="dimmed">{fallback}</span>;
  // The page's clock is coarse and the server's may be ahead a little: neither is "in 3 s".
  const shown = time > now && time - now < 10_000 ? now : time;
  return (
    <time dateTime={at} title={absolute(time)} style={{ whiteSpace: "nowrap" }}>
      {relative(shown, now)}
    </time>
  );
}
