import { useRef, useState } from "react";

import { original, type Begun } from "./begun";
import { sameDraft, type Draft } from "./draft";
import type { Tagged } from "./queries";
import type { Placed, Shelf } from "./shelf";
import { useKeeping } from "./useKeeping";
import { useDrafts } from "./useShelf";

export interface Editing {
  draft: Draft;
  /** What the draft began with; null for a new configuration. */
  base: Tagged | null;
  dirty: boolean;
  /** When the draft was kept that came back, in milliseconds; null where none did. */
  cameBack: number | null;
  /** What somebody else has stored meanwhile; null where nobody has. */
  rival: Tagged | null;
  /** The browser has no room to keep the draft. */
  unkept: boolean;
  /** What was typed elsewhere: in another tab, or before. */
  others: Placed[];
  /** Whether something was typed here that is not saved, at this very moment. */
  unsaved: () => boolean;
  change: (part: Partial<Draft>) => void;
  /** Goes back to what is stored. */
  discard: () => void;
  /** Goes on with this draft, over what somebody else has stored. */
  keepMine: () => void;
  /** What was stored is now what the draft begins with. */
  stored: (now: Tagged) => void;
  /** Goes on with what was typed elsewhere; what is here stays kept. */
  take: (begun: Begun) => void;
}

/** The draft of a configuration. `latest` is what the server has now (null: it is a new one); `begun` was kept before. */
export function useDraft(latest: Tagged | null, shelf: Shelf, begun: Begun | null = null): Editing {
  const id = latest?.config.id ?? "";
  const [base, setBase] = useState(begun?.base ?? latest);
  const [draft, setDraft] = useState(() => begun?.draft ?? original(latest));
  const [cameBack, setCameBack] = useState(begun?.placed.kept.at ?? null);
  const [at, setAt] = useState(cameBack ?? 0);
  const typedHere = useRef(false);
  const dirty = !sameDraft(draft, original(base));

  // Where nothing was typed, what is shown follows the server.
  const moved = latest !== null && latest.etag !== base?.etag;
  if (moved && !dirty) {
    setBase(latest);
    setDraft(original(latest));
  }
  const keeping = useKeeping(shelf, id, { draft, dirty, base, at }, begun?.placed.key);
  const others = useDrafts(shelf, id).filter(({ key }) => key !== keeping.key && key !== begun?.placed.key);

  const goOn = (from: Tagged | null): void => {
    keeping.forget();
    typedHere.current = false;
    setBase(from);
    setDraft(original(from));
    setCameBack(null);
  };
  return {
    draft,
    base,
    dirty,
    cameBack: dirty ? cameBack : null,
    unkept: keeping.failed,
    others,
    rival: dirty && moved ? latest : null,
    unsaved: () => typedHere.current && keeping.dirty(),
    change: (part) => {
      typedHere.current = true;
      setAt(Date.now());
      setDraft((old) => ({ ...old, ...part }));
    },
    discard: () => goOn(latest),
    keepMine: () => setBase(latest),
    stored: goOn,
    take: (other) => {
      keeping.leave();
      shelf.drop(other.placed.key);
      setBase(other.base);
      setDraft(other.draft);
      setCameBack(other.placed.kept.at);
      setAt(other.placed.kept.at);
    },
  };
}
