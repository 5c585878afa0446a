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

/** The shape of a block while it is fetched. */
export function LoadingBlock({ height = 120, what }: { height?: number | string; what: string }): ReactNode {
  return (
    <div role="status" aria-label={`Loading ${what}`}>
      <Skeleton height={height} />
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
