import { Group, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, segment } from "../api/client";
import { keys } from "../api/queries";
import type { VersionList } from "../api/types";
import { ErrorPanel } from "../ui/ErrorPanel";
import { moreChoice, useConfigChoices } from "./useConfigChoices";

export interface PickedConfig {
  /** Empty while none is chosen. */
  id: string;
  name: string;
  /** 0 follows the newest. */
  version: number;
}

export const noConfig: PickedConfig = { id: "", name: "", version: 0 };

/** ConfigPicker chooses a configuration, and which version of it. */
export function ConfigPicker({ value, onChange }: { value: PickedConfig; onChange: (value: PickedConfig) => void }) {
  const [typed, setTyped] = useState("");
  const { configs, more, none, error, retry, nothing } = useConfigChoices(typed === value.name ? "" : typed);
  const versions = useQuery({
    queryKey: keys.configVersions(value.id),
    queryFn: ({ signal }) =>
      api.get<VersionList>(`/configs/${segment(value.id)}/versions`, {
        query: { page_size: 1000, order_by: "version desc" },
        signal,
      }),
    enabled: value.id !== "",
  });
  const newest = versions.data?.versions[0]?.version;
  const chosen = value.id === "" || configs.some((c) => c.id === value.id) ? [] : [{ value: value.id, label: value.name }];
  return (
    <>
      {error !== null && <ErrorPanel error={error} what="The configurations could not be loaded" onRetry={retry} />}
      <Group gap="xs" grow align="start">
        <Select
          label="Configuration"
          placeholder={none ? "There is none yet" : "Choose one"}
          data={[...chosen, ...configs.map((c) => ({ value: c.id, label: c.name })), ...moreChoice(more)]}
          filter={({ options }) => options} // the server has looked
          value={value.id === "" ? null : value.id}
          onChange={(id) => onChange({ id: id ?? "", name: configs.find((c) => c.id === id)?.name ?? "", version: 0 })}
          onSearchChange={setTyped}
          disabled={none}
          searchable
          nothingFoundMessage={nothing}
        />
        <Select
          label="Version"
          disabled={value.id === ""}
          data={[
            { value: "0", label: newest === undefined ? "Always the newest" : `Always the newest (now ${newest})` },
            ...(versions.data?.versions ?? []).map((v) => ({
              value: String(v.version),
              label: `Version ${v.version} and no other`,
            })),
          ]}
          value={String(value.version)}
          onChange={(version) => onChange({ ...value, version: Number(version ?? 0) })}
          allowDeselect={false}
        />
      </Group>
    </>
  );
}
