import { useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { parseView, printView, type AgentsView } from "./view";

/** What the side panel of an agent adds to the address, which the table leaves alone. */
export const panelParams = ["tab"];

/** useAgentsView reads the view from the address, and writes it there. */
export function useAgentsView(): [AgentsView, (change: Partial<AgentsView>) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const view = useMemo(() => parseView(new URLSearchParams(search)), [search]);
  const change = (part: Partial<AgentsView>) => {
    const next = printView({ ...view, ...part });
    const old = new URLSearchParams(search);
    for (const name of panelParams) {
      const value = old.get(name);
      if (value !== null) next.set(name, value);
    }
    navigate(withSearch(path, next), { replace: true });
  };
  return [view, change];
}

/** withSearch joins a path and its search. Commas and blanks are left readable: people read and share these. */
export function withSearch(path: string, search: URLSearchParams): string {
  const text = search.toString().replaceAll("%2C", ",");
  return text === "" ? path : `${path}?${text}`;
}
