import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { configSearchQuery } from "../api/queries";
import type { ConfigList } from "../api/types";

export interface ConfigChoices {
  configs: ConfigList["configs"];
  /** How many more there are that fit what is typed. */
  more: number;
  /** There is none at all. */
  none: boolean;
  error: unknown;
  retry: () => void;
  /** What to say where none fits. */
  nothing: string;
}

/** useConfigChoices looks for configurations on the server: those that fit what is typed, the first by name. */
export function useConfigChoices(typed: string): ConfigChoices {
  const [text] = useDebouncedValue(typed.trim(), 120);
  const query = useQuery(configSearchQuery(text));
  const found = query.data?.configs ?? [];
  const settled = text === typed.trim() && !query.isPlaceholderData;
  // Until the answer is there, what fits of the last one.
  const configs = settled ? found : found.filter((config) => config.name.toLowerCase().includes(typed.trim().toLowerCase()));
  return {
    configs,
    more: settled && query.data ? query.data.total_size - found.length : 0,
    none: settled && text === "" && query.data?.total_size === 0,
    error: query.error,
    retry: () => void query.refetch(),
    nothing: query.isError ? "The configurations could not be loaded" : settled && query.data ? "No such configuration" : "Looking for it…",
  };
}

/** The last of the choices, where there are more: it cannot be chosen. */
export function moreChoice(more: number): { value: string; label: string; disabled: true }[] {
  return more > 0 ? [{ value: " ", label: `${more.toLocaleString("en")} more: type a part of the name`, disabled: true }] : [];
}
