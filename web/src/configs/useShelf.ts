import { useCallback, useMemo, useSyncExternalStore } from "react";

import { useSession } from "../session/useSession";
import { browserStore, Shelf, watchShelf, type Placed } from "./shelf";

/** The drafts of whoever is signed in. */
export function useShelf(): Shelf {
  const session = useSession();
  const owner = session.state === "in" ? session.session.name : "";
  return useMemo(() => new Shelf(browserStore(), owner), [owner]);
}

/** The configurations that there are drafts of, as drafts come and go. */
export function useDraftIds(): ReadonlySet<string> {
  const shelf = useShelf();
  const ids = useSyncExternalStore(
    watchShelf,
    useCallback(() => JSON.stringify([...shelf.ids()]), [shelf]),
  );
  return useMemo(() => new Set(JSON.parse(ids) as string[]), [ids]);
}

/** The drafts of one configuration, the latest first. */
export function useDrafts(shelf: Shelf, id: string): Placed[] {
  const drafts = useSyncExternalStore(
    watchShelf,
    useCallback(() => JSON.stringify(shelf.of(id)), [shelf, id]),
  );
  return useMemo(() => JSON.parse(drafts) as Placed[], [drafts]);
}
