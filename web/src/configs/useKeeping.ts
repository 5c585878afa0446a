import { useEffect, useRef, useState } from "react";

import { typedOf } from "./begun";
import type { Draft } from "./draft";
import type { Tagged } from "./queries";
import type { Shelf } from "./shelf";

const KEEP_MS = 300;

/** The places of this page's own editors. One that takes another's place goes on with what that one has kept. */
const here = new Set<string>();

export function isThisPages(key: string): boolean {
  return here.has(key);
}

interface Written {
  draft: Draft;
  dirty: boolean;
  base: Tagged | null;
  /** When it was typed, in milliseconds. */
  at: number;
}

interface Keeping {
  /** Where this editor keeps its draft. */
  key: string;
  failed: boolean;
  /** Whether there is something to keep, at this very moment: the page may not have been rendered again. */
  dirty: () => boolean;
  /** Drops what is kept, now. */
  forget: () => void;
  /** Keeps what there is as if it were left, and goes on at another place. */
  leave: () => void;
}

/**
 * Keeps the draft a moment after it was typed, and at once when the page goes; tells where that failed. What came
 * back from `before` is moved to a place of this editor's own.
 */
export function useKeeping(shelf: Shelf, id: string, written: Written, before: string | undefined): Keeping {
  const [failed, setFailed] = useState(false);
  const [key, setKey] = useState(() => shelf.place(id));
  const latest = useRef({ ...written, shelf, key });

  const { draft, dirty, base, at } = written;
  useEffect(() => {
    latest.current = { draft, dirty, base, at, shelf, key };
    const timer = setTimeout(() => setFailed(!keep(latest.current, true)), KEEP_MS);
    return () => clearTimeout(timer);
  }, [draft, dirty, base, at, shelf, key]);

  useEffect(() => {
    here.add(key);
    return () => void here.delete(key);
  }, [key]);

  useEffect(() => {
    const now = latest.current;
    if (before !== undefined && keep(now, true)) now.shelf.drop(before);
  }, [before]);

  useEffect(() => {
    const left = (): void => void keep(latest.current, false);
    const back = (): void => void keep(latest.current, true);
    window.addEventListener("pagehide", left);
    window.addEventListener("pageshow", back);
    return () => {
      window.removeEventListener("pagehide", left);
      window.removeEventListener("pageshow", back);
      left();
    };
  }, []);

  return {
    key,
    failed,
    dirty: () => latest.current.dirty,
    forget: () => {
      latest.current = { ...latest.current, dirty: false };
      shelf.drop(key);
    },
    leave: () => {
      keep(latest.current, false);
      setKey(shelf.place(id));
    },
  };
}

function keep({ shelf, key, draft, dirty, base, at }: Written & { shelf: Shelf; key: string }, open: boolean): boolean {
  if (!dirty) {
    shelf.drop(key);
    return true;
  }
  return shelf.keep(key, { ...typedOf(base, draft), version: base?.config.version ?? 0, tag: base?.etag ?? "", at, open });
}
