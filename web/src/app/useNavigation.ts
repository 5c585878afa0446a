import { useSyncExternalStore } from "react";

import { navigation } from "./navigation";

/** The path for the router, and how it goes to another. */
export function usePath(): [string, typeof navigation.navigate] {
  return [useSyncExternalStore(navigation.subscribe, () => navigation.path), navigation.navigate];
}

/** The query for the router. */
export function useQueryString(): string {
  return useSyncExternalStore(navigation.subscribe, () => navigation.search);
}

/** What the act that led to this page has left for it. */
export function useArrivalState(): unknown {
  return useSyncExternalStore(navigation.subscribe, () => navigation.state);
}
