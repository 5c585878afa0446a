import { useSyncExternalStore } from "react";

import { serverAhead } from "../api/servertime";

// One clock for all times on a page: they change together, and one timer runs.
const STEP_MS = 5_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, STEP_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function snapshot(): number {
  // Whoever looks after a pause, or first, or after the clock was put back, sees the present.
  if (Math.abs(Date.now() - now) > STEP_MS) now = Date.now();
  return now;
}

/** The present in milliseconds, a few seconds coarse; renders again as it passes. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, snapshot);
}

/** The server's present, for the times that it tells. */
export function useServerNow(): number {
  return useNow() + serverAhead();
}
