import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";

import { EventStream, type StreamState } from "../api/events";
import { Batcher, Renewal, type Batch } from "../api/live";

interface Live {
  state: StreamState;
  /** Tries at once. */
  retry: () => void;
  listen: (listener: (batch: Batch) => void) => () => void;
}

const LiveContext = createContext<Live>({ state: { live: true }, retry: () => undefined, listen: () => () => undefined });

/** Follows the events for everything below it. */
export function LiveProvider({ children, onSignedOut }: { children: ReactNode; onSignedOut: () => void }): ReactNode {
  const client = useQueryClient();
  const [state, setState] = useState<StreamState>(() => ({ live: false, since: Date.now(), reason: "connecting" }));
  const listeners = useRef(new Set<(batch: Batch) => void>());
  const stream = useRef<EventStream | null>(null);

  useEffect(() => {
    const renewal = new Renewal(client);
    const batcher = new Batcher((batch) => {
      renewal.apply(batch);
      for (const listener of listeners.current) listener(batch);
    });
    const events = new EventStream({ onMessages: (messages) => batcher.add(messages), onState: setState, onSignedOut });
    stream.current = events;
    events.start();
    return () => {
      events.stop();
      batcher.stop();
      renewal.stop();
      stream.current = null;
    };
  }, [client, onSignedOut]);

  const live = useMemo<Live>(
    () => ({
      state,
      retry: () => stream.current?.now(),
      listen: (listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
    }),
    [state],
  );
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}

export function useLive(): Live {
  return useContext(LiveContext);
}

/** Calls the listener with each batch of events, after the kept answers were renewed. */
export function useLiveBatch(listener: (batch: Batch) => void): void {
  const { listen } = useLive();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  }, [listener]);
  useEffect(() => listen((batch) => latest.current(batch)), [listen]);
}
