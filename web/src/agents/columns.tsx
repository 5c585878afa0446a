import { createColumnHelper, tableFeatures } from "@tanstack/react-table";
import { Ago } from "../ui/Ago";
import { CopyId } from "../ui/CopyId";
import { ConfigStateBadge, Forgotten, Status } from "../ui/State";
import { Labels } from "./Labels";
import type { Row } from "./rows";
import classes from "./agents.module.css";
import type { ColumnId } from "./view";

export const columnTitles: Record<ColumnId, string> = {
  name: "Name",
  status: "Status",
  config_name: "Configuration",
  config_status: "Configuration state",
  type: "Type",
  version: "Version",
  labels: "Labels",
  host: "Host",
  remote_address: "Remote address",
  id: "Instance UID",
  connected_at: "Connected",
  first_seen_at: "First seen",
  last_seen_at: "Last seen",
};

/** Least widths in pixels; what is left over goes to the columns with a share. */
export const columnWidths: Record<ColumnId, { least: number; share: number }> = {
  name: { least: 160, share: 3 },
  status: { least: 132, share: 0 },
  config_name: { least: 130, share: 2 },
  config_status: { least: 158, share: 0 },
  type: { least: 120, share: 1 },
  version: { least: 84, share: 0 },
  labels: { least: 120, share: 3 },
  host: { least: 150, share: 2 },
  remote_address: { least: 150, share: 0 },
  id: { least: 124, share: 0 },
  connected_at: { least: 104, share: 0 },
  first_seen_at: { least: 104, share: 0 },
  last_seen_at: { least: 104, share: 0 },
};

export const features = tableFeatures({});
const helper = createColumnHelper<typeof features, Row>();

const text = (value: string) => (value === "" ? <span className="dimmed">–</span> : <span title={value}>{value}</span>);

/** The columns; the name's cell leads to the agent and is the row's own. */
export const columns = helper.columns([
  helper.accessor("name", { id: "name", header: columnTitles.name }),
  helper.accessor("status", {
    id: "status",
    header: columnTitles.status,
    cell: ({ row }) => (
      <span className={classes.state} title={row.original.error === "" ? undefined : row.original.error}>
        {row.original.forgotten ? <Forgotten /> : <Status status={row.original.status} />}
      </span>
    ),
  }),
  helper.accessor("configName", {
    id: "config_name",
    header: columnTitles.config_name,
    cell: ({ row: { original: row } }) =>
      row.configName === "" ? (
        text("")
      ) : (
        <span title={`${row.configName}, version ${row.configVersion ?? "unknown"}`}>
          {row.configName} <span className="dimmed">v{row.configVersion}</span>
        </span>
      ),
  }),
  helper.accessor("configStatus", {
    id: "config_status",
    header: columnTitles.config_status,
    cell: ({ row }) => (
      <span className={classes.state} title={row.original.configError === "" ? undefined : row.original.configError}>
        <ConfigStateBadge status={row.original.configStatus} />
      </span>
    ),
  }),
  helper.accessor("type", { id: "type", header: columnTitles.type, cell: ({ row }) => text(row.original.type) }),
  helper.accessor("version", {
    id: "version",
    header: columnTitles.version,
    cell: ({ row }) => text(row.original.version),
  }),
  helper.accessor("labels", {
    id: "labels",
    header: columnTitles.labels,
    cell: ({ row }) => <Labels labels={row.original.labels} />,
  }),
  helper.accessor("host", { id: "host", header: columnTitles.host, cell: ({ row }) => text(row.original.host) }),
  helper.accessor("remoteAddress", {
    id: "remote_address",
    header: columnTitles.remote_address,
    cell: ({ row }) => text(row.original.remoteAddress),
  }),
  helper.accessor("id", {
    id: "id",
    header: columnTitles.id,
    cell: ({ row }) => (
      <span className={classes.above}>
        <CopyId id={row.original.id} what="instance UID" />
      </span>
    ),
  }),
  helper.accessor("connectedAt", {
    id: "connected_at",
    header: columnTitles.connected_at,
    cell: ({ row }) => <Ago at={row.original.connectedAt} />,
  }),
  helper.accessor("firstSeenAt", {
    id: "first_seen_at",
    header: columnTitles.first_seen_at,
    cell: ({ row }) => <Ago at={row.original.firstSeenAt} />,
  }),
  helper.accessor("lastSeenAt", {
    id: "last_seen_at",
    header: columnTitles.last_seen_at,
    // Heartbeats are no events: of one that is connected the time would only grow old.
    cell: ({ row }) =>
      row.original.connected ? <span className="dimmed">now</span> : <Ago at={row.original.lastSeenAt} />,
  }),
]);
