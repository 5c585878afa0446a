import { useHistoryState } from "wouter/use-browser-location";

/** What an act that led to this page has to say; empty where none did. */
export function useSaid(): string {
  const state = useHistoryState<{ said?: unknown } | null>();
  return typeof state?.said === "string" ? state.said : "";
}
