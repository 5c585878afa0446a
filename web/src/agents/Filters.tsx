import { ActionIcon, Button, Checkbox, MultiSelect, Popover, Select, Stack, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconColumns3, IconSearch, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { configQuery } from "../api/queries";
import { agentLooks, agentStatuses, configLooks, configStatuses } from "../ui/states";
import classes from "./agents.module.css";
import { columnTitles } from "./columns";
import { moreChoice, useConfigChoices } from "./useConfigChoices";
import { columnIds, defaultColumns, type AgentsView } from "./view";

interface Props {
  view: AgentsView;
  onView: (change: Partial<AgentsView>) => void;
}

/** Filters are what the address says of the table, to be changed. */
export function Filters({ view, onView }: Props) {
  return (
    <div className={classes.filters} role="search" aria-label="Filter agents">
      <TypedText
        className={classes.search}
        label="Search agents"
        placeholder="Name, UID, type, version or host"
        value={view.q}
        onChange={(q) => onView({ q })}
        icon
      />
      <TypedText
        className={classes.selector}
        label="Selector"
        placeholder="Selector: env=production,!canary"
        value={view.selector}
        onChange={(selector) => onView({ selector })}
        mono
      />
      <MultiSelect
        className={classes.filter}
        aria-label="Status"
        placeholder={view.status.length === 0 ? "Any status" : ""}
        data={agentStatuses.map((value) => ({ value, label: agentLooks[value].word }))}
        value={view.status}
        onChange={(values) => onView({ status: values })}
        clearable
      />
      <ConfigFilter view={view} onView={onView} />
      <MultiSelect
        className={classes.filter}
        aria-label="Configuration state"
        placeholder={view.configStatus.length === 0 ? "Any configuration state" : ""}
        data={configStatuses.map((value) => ({ value, label: configLooks[value].word }))}
        value={view.configStatus}
        onChange={(values) => onView({ configStatus: values })}
        clearable
      />
      <ColumnsMenu view={view} onView={onView} />
    </div>
  );
}

interface TypedTextProps {
  className: string | undefined;
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
  icon?: boolean;
  mono?: boolean;
}

/** TypedText passes on what is typed when the typing pauses, and follows the address when that changes. */
function TypedText({ className, label, placeholder, value, onChange, icon, mono }: TypedTextProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    // What the address now says is what was typed, but for blanks, unless it was changed elsewhere.
    if (value !== typed.trim()) setTyped(value);
  }
  const pass = useDebouncedCallback(onChange, 80);
  const change = (next: string) => {
    setTyped(next);
    pass(next);
  };
  return (
    <TextInput
      className={className ?? ""}
      aria-label={label}
      data-search={icon}
      placeholder={placeholder}
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape" && typed !== "") change("");
        if (event.key === "Enter") pass.flush();
      }}
      leftSection={icon && <IconSearch size={14} aria-hidden />}
      rightSection={
        typed !== "" && (
          <ActionIcon size="sm" aria-label={`Clear ${label.toLowerCase()}`} onClick={() => change("")}>
            <IconX size={13} />
          </ActionIcon>
        )
      }
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      {...(mono ? { ff: "monospace" } : {})}
    />
  );
}

function ConfigFilter({ view, onView }: Props) {
  const [typed, setTyped] = useState("");
  const named = useQuery({ ...configQuery(view.configId), enabled: view.configId !== "" });
  // The address may hold an id, or the name of one that is gone.
  const value = named.data?.name ?? view.configId;
  const { configs, more, nothing } = useConfigChoices(typed === value ? "" : typed);
  const names = configs.map((c) => c.name);
  const chosen = value === "" || names.includes(value) ? [] : [value];
  return (
    <Select
      className={classes.filter}
      aria-label="Configuration"
      placeholder="Any configuration"
      data={[...chosen, ...names, ...moreChoice(more)]}
      filter={({ options }) => options} // the server has looked
      value={value === "" ? null : value}
      onChange={(name) => onView({ configId: name ?? "" })}
      onSearchChange={setTyped}
      searchable
      clearable
      nothingFoundMessage={nothing}
    />
  );
}

function ColumnsMenu({ view, onView }: Props) {
  const change = (id: (typeof columnIds)[number], shown: boolean) =>
    onView({ columns: columnIds.filter((c) => (c === id ? shown : view.columns.includes(c))) });
  const [opened, setOpened] = useState(false);
  return (
    <Popover position="bottom-end" trapFocus returnFocus opened={opened} onChange={setOpened}>
      <Popover.Target>
        <Tooltip label="Columns" disabled={opened}>
          <ActionIcon variant="default" size={30} aria-label="Choose columns" onClick={() => setOpened((was) => !was)}>
            <IconColumns3 size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns">
        <Stack gap={8}>
          {columnIds.map((id) => (
            <Checkbox
              key={id}
              label={columnTitles[id]}
              checked={view.columns.includes(id)}
              disabled={id === "name"}
              onChange={(event) => change(id, event.currentTarget.checked)}
            />
          ))}
          <Button variant="subtle" size="compact-xs" onClick={() => onView({ columns: [...defaultColumns] })}>
            Reset columns
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
