import { Group, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, segment } from "../api/client";
import { configListQuery, keys } from "../api/queries";
import type { VersionList } from "../api/types";
import { ErrorPanel } from "../ui/ErrorPanel";

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
  const configs = useQuery(configListQuery());
  const versions = useQuery({
    queryKey: keys.configVersions(value.id),
    queryFn: ({ signal }) =>
      api.get<VersionList>(`/configs/${segment(value.id)}/versions`, {
        query: { page_size: 1000, order_by: "version desc" },
        signal,
      }),
    enabled: value.id !== "",
  });
  const list = configs.data?.configs ?? [];
  const newest = list.find((c) => c.id === value.id)?.version;
  return (
    <>
      {configs.isError && (
        <ErrorPanel
          error={configs.error}
          what="The configurations could not be loaded"
          onRetry={() => void configs.refetch()}
        />
      )}
      <Group gap="xs" grow align="start">
        <Select
          label="Configuration"
          placeholder={configs.isSuccess && list.length === 0 ? "There is none yet" : "Choose one"}
          data={list.map((c) => ({ value: c.id, label: c.name }))}
          value={value.id === "" ? null : value.id}
          onChange={(id) => onChange({ id: id ?? "", name: list.find((c) => c.id === id)?.name ?? "", version: 0 })}
          disabled={list.length === 0}
          searchable
          nothingFoundMessage="No such configuration"
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
