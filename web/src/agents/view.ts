import type { Agent, AgentStatus, ConfigStatus } from "../api/types";
import { agentStatuses, configStatuses } from "../ui/states";

/** What the address bar says of the agents' table: filters, order and columns, so that a view can be shared. */

export const columnIds = [
  "name",
  "status",
  "config_name",
  "config_status",
  "type",
  "version",
  "labels",
  "host",
  "remote_address",
  "id",
  "connected_at",
  "first_seen_at",
  "last_seen_at",
] as const;
export type ColumnId = (typeof columnIds)[number];

export const defaultColumns: readonly ColumnId[] = [
  "name",
  "status",
  "config_name",
  "config_status",
  "type",
  "version",
  "labels",
  "last_seen_at",
];

/** The columns that the server can order by. */
export const sortable: readonly ColumnId[] = [
  "id",
  "name",
  "type",
  "version",
  "status",
  "config_status",
  "config_name",
  "first_seen_at",
  "last_seen_at",
  "connected_at",
];

export interface AgentsView {
  q: string;
  selector: string;
  status: AgentStatus[];
  configStatus: ConfigStatus[];
  /** The id or the name of a configuration; empty for all. */
  configId: string;
  orderBy: ColumnId;
  descending: boolean;
  columns: ColumnId[];
}

export const defaultView: AgentsView = {
  q: "",
  selector: "",
  status: [],
  configStatus: [],
  configId: "",
  orderBy: "name",
  descending: false,
  columns: [...defaultColumns],
};

/** parseView reads an address; what it does not know it ignores, so that an old link still works. */
export function parseView(search: URLSearchParams): AgentsView {
  const [field, direction] = (search.get("order_by") ?? "").split(" ");
  const orderBy = sortable.find((id) => id === field);
  const columns = list(search.get("columns"), columnIds);
  return {
    q: search.get("q") ?? "",
    selector: search.get("selector") ?? "",
    status: list(search.get("status"), agentStatuses),
    configStatus: list(search.get("config_status"), configStatuses),
    configId: search.get("config_id") ?? "",
    orderBy: orderBy ?? defaultView.orderBy,
    descending: orderBy !== undefined && direction === "desc",
    columns: search.has("columns") ? withName(columns) : [...defaultColumns],
  };
}

/** printView writes a view as briefly as it can: what is as usual is left out. */
export function printView(view: AgentsView): URLSearchParams {
  const search = filterParams(view);
  if (view.orderBy !== defaultView.orderBy || view.descending) {
    search.set("order_by", orderParam(view));
  }
  if (view.columns.join() !== defaultColumns.join()) {
    search.set("columns", view.columns.join());
  }
  return search;
}

/** listParams are the parameters of GET /agents, but for those of the page. */
export function listParams(view: AgentsView): URLSearchParams {
  const search = filterParams(view);
  search.set("order_by", orderParam(view));
  return search;
}

/** isFiltered reports whether the view leaves agents out. */
export function isFiltered(view: AgentsView): boolean {
  return filterParams(view).toString() !== "";
}

function filterParams(view: AgentsView): URLSearchParams {
  const search = new URLSearchParams();
  const parts: [string, string][] = [
    ["q", view.q.trim()],
    ["selector", view.selector.trim()],
    ["status", view.status.join()],
    ["config_status", view.configStatus.join()],
    ["config_id", view.configId],
  ];
  for (const [name, value] of parts) {
    if (value !== "") {
      search.set(name, value);
    }
  }
  return search;
}

function orderParam(view: AgentsView): string {
  return view.descending ? `${view.orderBy} desc` : view.orderBy;
}

/** list reads what is known of a list, each once, in the order of the address. */
function list<T extends string>(value: string | null, known: readonly T[]): T[] {
  const wanted = (value ?? "").split(",").map((word) => word.trim());
  return [...new Set(wanted)].flatMap((word) => known.filter((k) => k === word));
}

/** The name leads to the agent: without it the table would have no way in. */
function withName(columns: ColumnId[]): ColumnId[] {
  return columns.includes("name") ? columns : ["name", ...columns];
}

/**
 * mayMatch reports whether an agent could be in the list of a view: false only where that is certain. Selectors are
 * the server's to read.
 */
export function mayMatch(view: AgentsView, agent: Agent): boolean {
  const host = agent.attributes.non_identifying["host.name"] ?? agent.attributes.identifying["host.name"] ?? "";
  const text = view.q.trim().toLowerCase();
  const texts = [agent.name, agent.id, agent.type, agent.version, host];
  return (
    (view.status.length === 0 || view.status.includes(agent.status)) &&
    (view.configStatus.length === 0 || view.configStatus.includes(agent.config.status)) &&
    (text === "" || texts.some((one) => one.toLowerCase().includes(text)))
  );
}
