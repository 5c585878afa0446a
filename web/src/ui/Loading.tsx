import { Loader, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./panels.module.css";

/** The shapes of a table's rows while they are fetched. */
export function LoadingRows({ rows = 8, height = 32, what }: { rows?: number; height?: number; what: string }): ReactNode {
  return (
    <div role="status" aria-label={`Loading ${what}`}>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} style={{ display: "flex", alignItems: "center", gap: 24, height, padding: "0 12px", borderBottom: "1px solid var(--line)" }}>
          <Skeleton height={10} width={`${18 + ((i * 7) % 12)}%`} />
          <Skeleton height={10} width="10%" />
          <Skeleton height={10} width={`${24 - ((i * 5) % 9)}%`} />
          <Skeleton height={10} width="8%" ml="auto" />
        </div>
      ))}
    </div>
  );
}

const lineHeight = 28;

/** The shapes of a block's lines while it is fetched, as high as it will be. */
export function LoadingBlock({ height = 120, what }: { height?: number; what: string }): ReactNode {
  const lines = Math.max(1, Math.floor(height / lineHeight));
  return (
    <div role="status" aria-label={`Loading ${what}`} style={{ height }}>
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} style={{ display: "flex", alignItems: "center", gap: 16, height: lineHeight, padding: "0 12px" }}>
          <Skeleton height={10} width={`${10 + ((i * 5) % 8)}%`} />
          <Skeleton height={10} width={`${20 + ((i * 11) % 17)}%`} />
        </div>
      ))}
    </div>
  );
}

/** A whole page that is on its way: nothing at first, since most are there at once. */
export function Loading(): ReactNode {
  return (
    <div role="status" aria-label="Loading" className={classes.loading}>
      <Loader size="sm" type="dots" color="gray" />
    </div>
  );
}
