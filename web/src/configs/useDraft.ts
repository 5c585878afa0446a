import { useEffect, useRef, useState } from "react";

import { dropDraft, keepDraft, keptDraft, sameDraft, type Draft } from "./draft";
import { draftOf, newDraft } from "./draftOf";
import type { Tagged } from "./queries";

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
  change: (part: Partial<Draft>) => void;
  /** Goes back to what is stored. */
  discard: () => void;
  /** Goes on with this draft, over what somebody else has stored. */
  keepMine: () => void;
  /** What was stored is now what the draft begins with. */
  stored: (now: Tagged) => void;
}

const KEEP_MS = 300;

/** The draft of a configuration. `latest` is what the server has now (null: it is a new one). */
export function useDraft(latest: Tagged | null): Editing {
  const id = latest?.config.id ?? "";
  const [base, setBase] = useState(latest);
  const [first] = useState(() => keptDraft(sessionStorage, id));
  const [draft, setDraft] = useState(() => first?.draft ?? original(latest));
  const [cameBack, setCameBack] = useState(() => (first && !sameDraft(first.draft, original(latest)) ? first.at : null));
  // A kept draft that began with an earlier version is behind: whoever comes back to it has to see what has changed.
  const [behind, setBehind] = useState(() => cameBack !== null && latest !== null && first?.version !== latest.config.version);
  const dirty = !sameDraft(draft, original(base));

  // Where nothing was typed, what is shown follows the server.
  const moved = latest !== null && latest.etag !== base?.etag;
  if (moved && !dirty) {
    setBase(latest);
    setDraft(original(latest));
  }
  const { failed: unkept, forget } = useKeeping(id, draft, dirty, base?.config.version ?? 0);

  return {
    draft,
    base,
    dirty,
    cameBack,
    unkept,
    rival: dirty && (moved || behind) ? latest : null,
    change: (part) => setDraft((old) => ({ ...old, ...part })),
    discard: () => {
      forget();
      setBase(latest);
      setDraft(original(latest));
      setCameBack(null);
      setBehind(false);
    },
    keepMine: () => {
      setBase(latest);
      setBehind(false);
    },
    stored: (now) => {
      forget();
      setBase(now);
      setDraft(original(now));
      setCameBack(null);
      setBehind(false);
    },
  };
}

function original(tagged: Tagged | null): Draft {
  return tagged ? draftOf(tagged.config) : newDraft;
}

interface Keeping {
  failed: boolean;
  /** Drops what is kept, now: the page may go before it is rendered again. */
  forget: () => void;
}

/** Keeps the draft a moment after it was typed, and at once when the page goes. Tells where that failed. */
function useKeeping(id: string, draft: Draft, dirty: boolean, version: number): Keeping {
  const [failed, setFailed] = useState(false);
  const latest = useRef({ id, draft, dirty, version });
  useEffect(() => {
    latest.current = { id, draft, dirty, version };
    const timer = setTimeout(() => setFailed(!keep(latest.current)), KEEP_MS);
    return () => clearTimeout(timer);
  }, [id, draft, dirty, version]);
  useEffect(() => {
    const now = (): void => void keep(latest.current);
    window.addEventListener("pagehide", now);
    return () => {
      window.removeEventListener("pagehide", now);
      now();
    };
  }, []);
  return {
    failed,
    forget: () => {
      latest.current = { ...latest.current, dirty: false };
      dropDraft(sessionStorage, id);
    },
  };
}

function keep({ id, draft, dirty, version }: { id: string; draft: Draft; dirty: boolean; version: number }): boolean {
  if (dirty) return keepDraft(sessionStorage, id, { draft, version, at: Date.now() });
  dropDraft(sessionStorage, id);
  return true;
}
