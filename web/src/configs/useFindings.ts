import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Validation } from "../api/types";
import type { Finding } from "./findings";
import { validationQuery } from "./queries";

const PAUSE_MS = 350;
const none: readonly Finding[] = [];

export interface Findings {
  findings: readonly Finding[];
  /** The findings are about a text that has changed since. */
  checking: boolean;
  /** Why there is no answer. */
  error: unknown;
  retry: () => void;
}

/** The server's checks of a text, a moment after it was typed. Until the next answer the last one stays. */
export function useFindings(text: string): Findings {
  const [settled] = useDebouncedValue(text, PAUSE_MS);
  const answer = useQuery(validationQuery(settled));
  const [last, setLast] = useState<Validation>();
  const fresh = settled === text && answer.data !== undefined;
  if (fresh && answer.data !== last) setLast(answer.data);
  return {
    findings: last?.findings ?? none,
    checking: !fresh && answer.error === null,
    error: answer.error,
    retry: () => void answer.refetch(),
  };
}
