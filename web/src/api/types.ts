// The API's types by their short names. schema.gen.ts is made from rest/openapi.yaml by `npm run types`.
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Agent = Schemas["Agent"];
export type AgentList = Schemas["AgentList"];
export type AgentStatus = Schemas["AgentStatus"];
export type ComponentHealth = Schemas["ComponentHealth"];
export type ConfigState = Schemas["ConfigState"];
export type ConfigStatus = Schemas["ConfigStatus"];
export type Config = Schemas["Config"];
export type ConfigSummary = Schemas["ConfigSummary"];
export type ConfigSpec = Schemas["ConfigSpec"];
export type ConfigList = Schemas["ConfigList"];
export type ConfigCounts = Schemas["ConfigCounts"];
export type Version = Schemas["Version"];
export type VersionList = Schemas["VersionList"];
export type Validation = Schemas["Validation"];
export type Finding = Schemas["Finding"];
export type FleetStatus = Schemas["FleetStatus"];
export type Health = Schemas["Health"];
export type Event = Schemas["Event"];
export type EventType = Event["type"];
export type Problem = Schemas["Problem"];
export type Token = Schemas["Token"];
export type TokenList = Schemas["TokenList"];
export type Role = Schemas["Role"];

/** The fleet's counts at one minute. */
export interface HistoryPoint {
  at: string;
  total: number;
  healthy: number;
  unhealthy: number;
  disconnected: number;
  unknown: number;
  config: FleetStatus["config"];
}

export interface FleetHistory {
  interval_seconds: number;
  points: HistoryPoint[];
}

/** Who is signed in. In mode none everybody is admin and there is nothing to sign in to. */
export interface Session {
  auth_mode: "none" | "token";
  name: string;
  role: Role;
  expires_at?: string;
}

/** The answer that makes a token: its text is in no other. */
export type NewToken = Token & { token: string };

export interface PreviewRequest {
  config_id?: string;
  name: string;
  config: string;
  selector: string;
  priority: number;
}

export interface PreviewConfig {
  config_id: string;
  config_name: string;
}

export interface PreviewChange {
  id: string;
  name: string;
  change: "gains" | "loses" | "updates";
  from: PreviewConfig | null;
  to: PreviewConfig | null;
}

export interface Preview {
  valid: boolean;
  findings: Finding[];
  total: number;
  gains: number;
  loses: number;
  updates: number;
  changes: PreviewChange[];
  changes_truncated?: boolean;
}

export interface BatchRequest {
  selector?: string;
  ids?: string[];
  action: "labels" | "assign" | "unassign" | "retry" | "restart";
  labels?: Record<string, string | null>;
  config_id?: string;
  version?: number;
}

export interface BatchResult {
  total: number;
  succeeded: number;
  failed: number;
  results: { id: string; name: string; status: number; error: string }[];
}

export interface Components {
  receivers: string[];
  processors: string[];
  exporters: string[];
  connectors: string[];
  extensions: string[];
}
