import type { ConfigState } from "../api/types";

/** What OpAMP's capabilities of an agent mean. */
const capabilityWords: Record<string, string> = {
  ReportsStatus: "Reports its status",
  AcceptsRemoteConfig: "Accepts remote configuration",
  ReportsEffectiveConfig: "Reports the configuration that it runs",
  AcceptsPackages: "Accepts packages",
  ReportsPackageStatuses: "Reports the state of its packages",
  ReportsOwnTraces: "Can send its own traces where it is told to",
  ReportsOwnMetrics: "Can send its own metrics where it is told to",
  ReportsOwnLogs: "Can send its own logs where it is told to",
  AcceptsOpAMPConnectionSettings: "Accepts settings for its connection to this server",
  AcceptsOtherConnectionSettings: "Accepts settings for its other connections",
  AcceptsRestartCommand: "Can be restarted from here",
  ReportsHealth: "Reports its health",
  ReportsRemoteConfig: "Reports what became of a remote configuration",
  ReportsHeartbeat: "Sends heartbeats",
  ReportsAvailableComponents: "Reports its available components",
  ReportsConnectionSettingsStatus: "Reports what became of connection settings",
};

export function capabilityWord(name: string): string {
  return capabilityWords[name] ?? name;
}

/** What an operator will miss where an agent does not have it. */
export function lacking(capabilities: readonly string[]): string[] {
  const words: Record<string, string> = {
    AcceptsRemoteConfig: "Does not accept remote configuration",
    AcceptsRestartCommand: "Cannot be restarted from here",
    ReportsEffectiveConfig: "Does not report the configuration that it runs",
    ReportsHealth: "Does not report its health",
  };
  return Object.entries(words).flatMap(([name, word]) => (capabilities.includes(name) ? [] : [word]));
}

export function sourceWord(source: ConfigState["source"]): string {
  switch (source) {
    case "assignment":
      return "assigned to this agent";
    case "selector":
      return "chosen by its selector";
    default:
      return "none is meant for it";
  }
}
