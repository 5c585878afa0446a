import type { ReactNode } from "react";

import { absolute, relative } from "./time";
import { useNow, useServerNow } from "./useNow";

interface Props {
  at: string | undefined;
  fallback?: string;
  /** The time is of this machine's clock, and not of the server's. */
  own?: boolean;
}

/** A time as "3 min ago", the absolute time on hover; nothing where there is none. */
export function Ago({ at, fallback = "never", own = false }: Props): ReactNode {
  const here = useNow();
  const there = useServerNow();
  const now = own ? here : there;
  const time = at === undefined ? NaN : Date.parse(at);
  if (Number.isNaN(time)) return <span className="dimmed">{fallback}</span>;
  // The page's clock is coarse, and what is known of the server's too: neither is "in 3 s".
  const shown = time > now && time - now < 10_000 ? now : time;
  return (
    <time dateTime={at} title={absolute(time)} style={{ whiteSpace: "nowrap" }}>
      {relative(shown, now)}
    </time>
  );
}
