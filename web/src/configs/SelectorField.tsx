import { ActionIcon, Popover, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconHelpCircle } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { api } from "../api/client";
import { asApiError } from "../api/problem";
import type { AgentList } from "../api/types";
import { agents } from "./changes";
import classes from "./configs.module.css";
import { selectorExamples, selectorHint } from "./selector";

interface Props {
  value: string;
  error?: string | undefined;
  onChange: (selector: string) => void;
}

/** The selector, with the number of agents that it takes now. */
export function SelectorField({ value, error, onChange }: Props): ReactNode {
  const selector = value.trim();
  const [settled] = useDebouncedValue(selector, 350);
  const count = useQuery({
    queryKey: ["agents", "count", settled],
    queryFn: async ({ signal }) => (await api.get<AgentList>("/agents", { query: { selector: settled, page_size: 1 }, signal })).total_size,
    enabled: settled !== "",
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
    retry: false,
  });
  const refused = count.error !== null && settled === selector && settled !== "" ? asApiError(count.error).detail : undefined;
  const hint = selectorHint(selector);
  const fresh = settled === selector && !count.isPlaceholderData && count.data !== undefined;

  return (
    <TextInput
      label="Selector"
      placeholder="env=production"
      className={classes.mono}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={refused === undefined ? error : (hint ?? refused)}
      spellCheck={false}
      autoCapitalize="off"
      autoComplete="off"
      inputWrapperOrder={["label", "input", "error", "description"]}
      description={
        <span role="status">
          {selector === "" && hint}
          {selector !== "" && refused === undefined && (hint ?? (fresh ? `It matches ${agents(count.data)} now.` : "Counting…"))}
        </span>
      }
      rightSection={<SelectorHelp />}
    />
  );
}

function SelectorHelp(): ReactNode {
  return (
    <Popover position="bottom-end" withArrow trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon size="sm" aria-label="Help on selectors">
          <IconHelpCircle size={15} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <p style={{ marginTop: 0 }}>Over an agent’s labels and attributes together; a comma joins terms that must all hold.</p>
        <table className={classes.examples}>
          <tbody>
            {selectorExamples.map((example) => (
              <tr key={example.text}>
                <th scope="row" className="mono">
                  {example.text}
                </th>
                <td>{example.means}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Popover.Dropdown>
    </Popover>
  );
}
