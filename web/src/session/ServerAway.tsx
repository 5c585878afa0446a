import type { ReactNode } from "react";

import { ErrorPanel } from "../ui/ErrorPanel";

/** The page was opened and the server does not say who may see it. */
export function ServerAway({ error, onRetry }: { error: unknown; onRetry: () => void }): ReactNode {
  return (
    <main style={{ maxWidth: 560, margin: "12vh auto", padding: 16 }}>
      <ErrorPanel error={error} what="The control plane cannot be reached" onRetry={onRetry} />
    </main>
  );
}
