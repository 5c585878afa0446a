import { useArrivalState } from "../app/useNavigation";

/** What an act that led to this page has to say; empty where none did. */
export function useSaid(): string {
  const state = useArrivalState() as { said?: unknown } | null | undefined;
  return typeof state?.said === "string" ? state.said : "";
}
