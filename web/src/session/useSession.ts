import { useQuery } from "@tanstack/react-query";

import { api } from "../api/client";
import { ApiError } from "../api/problem";
import { keys } from "../api/queries";
import type { Session } from "../api/types";

type SessionState =
  | { state: "loading" }
  | { state: "in"; session: Session }
  | { state: "out" }
  | { state: "failed"; error: unknown; retry: () => void };

/** Asks the server who is signed in; null is nobody. */
async function readSession(signal: AbortSignal): Promise<Session | null> {
  try {
    return await api.get<Session>("/session", { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export function useSession(): SessionState {
  const query = useQuery({
    queryKey: keys.session,
    queryFn: ({ signal }) => readSession(signal),
    staleTime: Infinity, // any request's 401 ends it
    refetchOnWindowFocus: false,
    refetchInterval: (q) => (q.state.status === "error" ? 5_000 : false),
  });
  if (query.data) return { state: "in", session: query.data };
  if (query.data === null) return { state: "out" };
  if (query.isError) return { state: "failed", error: query.error, retry: () => void query.refetch() };
  return { state: "loading" };
}

/** Whether the one who is signed in may change anything. */
export function useMayWrite(): boolean {
  const session = useSession();
  return session.state === "in" && session.session.role === "admin";
}
